package io.epona.gateway;

import io.epona.controller.CellController;
import io.epona.controller.ControlLog;
import io.epona.controller.ControlLogHandler;
import io.epona.controller.ControlLogStatus;
import io.epona.controller.ControllerConfig;
import io.epona.controller.ControllerContext;
import io.epona.controller.ControllerLimits;
import io.epona.controller.Endpoint;
import io.epona.controller.InSyncChange;
import io.epona.controller.LaneInfo;
import io.epona.controller.LanePosition;
import io.epona.controller.NodeRegistration;
import io.epona.controller.TopicDefaults;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.security.auth.SecurityProtocol;

/**
 * The controllers of a cell over a control log in memory, which delivers each command to all of them before the call
 * that submitted it returns. Nodes are numbered from 1 and need not run for their controllers to follow the log. The
 * test's thread does everything.
 */
public final class MemoryCell implements AutoCloseable {
    private static final int SPAN_LENGTH = 1 << 20;

    public final List<Throwable> failures = new ArrayList<>();
    private final int laneCount;
    private final List<Member> members = new ArrayList<>();
    private final ArrayDeque<Runnable> log = new ArrayDeque<>();
    private final List<Integer> memberIds;
    private int controlLeader = 1;
    private long length;
    private long nextSessionId = 1;
    private boolean isDelivering;

    private static final class Member {
        long sessionId;
        ControlLogHandler handler;
        CellController controller;
        List<Endpoint> endpoints;
    }

    public MemoryCell(final Path unused, final int size, final int laneCount, final TopicDefaults topics) {
        this.laneCount = laneCount;
        this.memberIds = IntStream.rangeClosed(1, size).boxed().toList();
        for (final int nodeId : memberIds) {
            final Member member = new Member();
            members.add(member);
            member.sessionId = nextSessionId++;
            member.endpoints =
                    List.of(new Endpoint("PLAINTEXT", "node" + nodeId, 9000 + nodeId, SecurityProtocol.PLAINTEXT));
            member.controller = CellController.join(
                    new ControllerConfig(
                            unused, nodeId, laneCount, 1, topics, Map.of(), ControllerLimits.COMPACTION_LENGTH),
                    new ControllerContext(Runnable::run, failures::add),
                    new End(member));
        }
        controller(1).begin(memberIds).join();
        memberIds.forEach(this::start);
        catchUp();
    }

    public CellController controller(final int nodeId) {
        return members.get(nodeId - 1).controller;
    }

    public LaneInfo lane(final int laneId) {
        return controller(1).image().lane(laneId);
    }

    /** Where clients find a node, from its next start on. */
    public void listen(final int nodeId, final String host, final int port) {
        members.get(nodeId - 1).endpoints = List.of(new Endpoint("PLAINTEXT", host, port, SecurityProtocol.PLAINTEXT));
    }

    /** A node registers. */
    public void start(final int nodeId) {
        final Member member = members.get(nodeId - 1);
        final List<LanePosition> lanes = IntStream.range(0, laneCount)
                .mapToObj(laneId -> new LanePosition(laneId, true, 0, 0))
                .toList();
        member.controller
                .registerNode(new NodeRegistration(
                        new Uuid(7, nodeId), Uuid.ZERO_UUID, SPAN_LENGTH, member.endpoints, "r" + nodeId, lanes))
                .join();
    }

    /** A node is gone, and its leaders with it. */
    public void stop(final int nodeId) {
        final Member member = members.get(nodeId - 1);
        final long sessionId = member.sessionId;
        member.sessionId = nextSessionId++;
        append(() -> members.forEach(one -> one.handler.onSessionClosed(sessionId, length)));
    }

    /** All nodes that run are in sync from now on. */
    public void catchUp() {
        for (int laneId = 0; laneId < laneCount; laneId++) {
            if (!lane(laneId).isOffline()) {
                propose(
                        laneId,
                        memberIds.stream()
                                .filter(id -> !controller(1).image().broker(id).fenced())
                                .toList());
            }
        }
    }

    /** The leader of a lane has these in-sync replicas. */
    public void propose(final int laneId, final List<Integer> inSync) {
        final LaneInfo lane = lane(laneId);
        controller(lane.leader())
                .proposeInSync(new InSyncChange(laneId, lane.leaderEpoch(), lane.version(), inSync))
                .join();
    }

    public void controlLeader(final int nodeId) {
        controlLeader = nodeId;
    }

    private void append(final Runnable entry) {
        log.add(entry);
        if (isDelivering) {
            return;
        }
        isDelivering = true;
        for (Runnable next = log.poll(); next != null; next = log.poll()) {
            length += 100;
            next.run();
        }
        isDelivering = false;
    }

    @Override
    public void close() {
        members.forEach(member -> member.controller.close());
        if (!failures.isEmpty()) {
            throw new IllegalStateException("failures: " + failures);
        }
    }

    private final class End implements ControlLog {
        private final Member member;

        private End(final Member member) {
            this.member = member;
        }

        @Override
        public void start(final ControlLogHandler handler) {
            member.handler = handler;
            handler.onConnected(member.sessionId);
        }

        @Override
        public boolean submit(final DirectBuffer buffer, final int offset, final int commandLength) {
            final byte[] command = new byte[commandLength];
            buffer.getBytes(offset, command);
            final long sessionId = member.sessionId;
            append(() -> members.forEach(
                    one -> one.handler.onCommand(sessionId, length, new UnsafeBuffer(command), 0, command.length)));
            return true;
        }

        @Override
        public int maxCommandLength() {
            return 1 << 20;
        }

        @Override
        public ControlLogStatus status() {
            return new ControlLogStatus(controlLeader, 5, length, memberIds);
        }

        @Override
        public void close() {
            // Nothing to release.
        }
    }
}
