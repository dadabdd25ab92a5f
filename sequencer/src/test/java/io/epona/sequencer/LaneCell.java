package io.epona.sequencer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.codec.FrameDescriptor;
import io.epona.codec.replication.FollowRequestDecoder;
import io.epona.codec.replication.FramesEncoder;
import io.epona.codec.replication.InSyncProposalDecoder;
import io.epona.codec.replication.ResignationDecoder;
import io.epona.codec.replication.StartFeedDecoder;
import io.epona.codec.replication.StopFeedsDecoder;
import io.epona.runtime.testing.SettableNodeClock;
import io.epona.sequencer.testing.ReplicationFault;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Several lanes wired by hand: what one says is carried to the others over links that a test can cut, a sender streams
 * what a lane asks for, and the test plays the controller. Nothing happens by itself.
 */
final class LaneCell {
    private static final int MAX_FRAMES_LENGTH = 8192;
    private static final long HEARTBEAT_NS = 20_000_000;

    /** A message on its way. */
    record Message(int typeId, byte[] bytes) {}

    /** What the controller was asked for. */
    record Proposal(int fromNode, int leaderEpoch, int version, Set<Integer> inSync) {}

    private static final class Feed {
        int leaderEpoch;
        long position;
        long lastSentNs;
        long lastCommitted;
    }

    final SettableNodeClock clock = new SettableNodeClock(1_700_000_000_000_000_000L);
    final CellNode[] nodes;
    final Deque<Proposal> proposals = new ArrayDeque<>();
    final List<Integer> resignations = new ArrayList<>();
    private final Set<ReplicationFault> faults;
    private final Map<Integer, Deque<Message>> links = new HashMap<>();
    private final Map<Integer, Feed> feeds = new HashMap<>();
    private final Set<Integer> cutLinks = new TreeSet<>();
    private int nextIncarnation = 100;

    int leader = Assignment.NO_LEADER;
    int leaderEpoch;
    int version;
    Set<Integer> inSync = new TreeSet<>();
    int aliveBits;
    private long nextCorrelationId = 1;

    LaneCell(final int nodeCount, final ReplicationFault... faults) {
        this.faults = Set.of(faults);
        this.nodes = new CellNode[nodeCount];
        for (int id = 0; id < nodeCount; id++) {
            nodes[id] = newNode(id, CellNode.newDevice());
            inSync.add(id);
            aliveBits |= 1 << id;
        }
    }

    private CellNode newNode(final int id, final byte[] device) {
        return new CellNode(id, nextIncarnation++, nodes.length, clock, device, faults);
    }

    private int link(final int from, final int to) {
        return from * nodes.length + to;
    }

    /** A cell whose node leads, with all in sync and the epoch start committed. */
    static LaneCell led(final int nodeCount, final int leader, final ReplicationFault... faults) {
        final LaneCell cell = new LaneCell(nodeCount, faults);
        cell.elect(leader);
        cell.settle();
        assertTrue(cell.nodes[leader].isLeading(), "leads");
        return cell;
    }

    /** The controller makes a node leader, in a new epoch, and tells everybody. */
    void elect(final int newLeader) {
        leader = newLeader;
        leaderEpoch++;
        version++;
        tellAll();
    }

    /** The controller commits other replicas. */
    void decide(final Set<Integer> newInSync) {
        inSync = new TreeSet<>(newInSync);
        version++;
        tellAll();
    }

    void tellAll() {
        for (int id = 0; id < nodes.length; id++) {
            tell(id);
        }
    }

    void tell(final int id) {
        final int[] incarnations = new int[nodes.length];
        for (int other = 0; other < nodes.length; other++) {
            incarnations[other] = nodes[other].incarnation;
        }
        final boolean isTold = nodes[id].controller.offerAssignment(
                leader,
                leaderEpoch,
                version,
                inSync.stream().mapToInt(Integer::intValue).toArray(),
                aliveBits,
                incarnations);
        assertTrue(isTold, "control ring is full");
    }

    /** Compare and set. */
    boolean accept(final Proposal proposal) {
        if (proposal.leaderEpoch() != leaderEpoch || proposal.version() != version) {
            return false;
        }
        decide(proposal.inSync());
        return true;
    }

    /** A node dies and starts again with what its device holds; whatever was on its way to or from it is gone. */
    void restart(final int id, final byte[] device) {
        links.keySet().removeIf(link -> link / nodes.length == id || link % nodes.length == id);
        feeds.keySet().removeIf(link -> link / nodes.length == id);
        nodes[id] = newNode(id, device);
        version++;
    }

    void cut(final int from, final int to) {
        cutLinks.add(link(from, to));
    }

    void isolate(final int id) {
        for (int other = 0; other < nodes.length; other++) {
            cut(id, other);
            cut(other, id);
        }
    }

    void heal() {
        cutLinks.clear();
    }

    /** Nodes work and messages travel until a while passed in which nothing happened. */
    void settle() {
        run(40);
    }

    void run(final int rounds) {
        for (int round = 0; round < rounds; round++) {
            for (final CellNode node : nodes) {
                step(node);
            }
            clock.advanceMs(1);
        }
    }

    /** Everything that one node does in a duty cycle. */
    void step(final CellNode node) {
        node.step();
        readOutbox(node);
        for (int other = 0; other < nodes.length; other++) {
            feed(node, other);
            deliver(node.nodeId, other, Integer.MAX_VALUE);
        }
        node.write();
        node.follow();
        readProposals(node);
    }

    void readOutbox(final CellNode node) {
        for (int part = 0; part < 2; part++) {
            node.outbox.read((type, buffer, offset, length) -> {
                if (type == StartFeedDecoder.TEMPLATE_ID) {
                    final StartFeedDecoder start = new StartFeedDecoder();
                    start.wrap(buffer, offset, StartFeedDecoder.BLOCK_LENGTH, StartFeedDecoder.SCHEMA_VERSION);
                    final Feed feed = feeds.computeIfAbsent(link(node.nodeId, start.toNode()), link -> new Feed());
                    feed.leaderEpoch = start.leaderEpoch();
                    feed.position = start.position();
                    feed.lastCommitted = -1;
                } else if (type == StopFeedsDecoder.TEMPLATE_ID) {
                    feeds.keySet().removeIf(link -> link / nodes.length == node.nodeId);
                } else {
                    final byte[] bytes = new byte[length];
                    buffer.getBytes(offset, bytes);
                    final FollowRequestDecoder any = new FollowRequestDecoder();
                    any.wrap(buffer, offset, FollowRequestDecoder.BLOCK_LENGTH, FollowRequestDecoder.SCHEMA_VERSION);
                    send(node.nodeId, any.toNode(), new Message(type, bytes));
                }
            });
        }
    }

    void send(final int from, final int to, final Message message) {
        links.computeIfAbsent(link(from, to), link -> new ArrayDeque<>()).add(message);
    }

    Deque<Message> onLink(final int from, final int to) {
        return links.computeIfAbsent(link(from, to), link -> new ArrayDeque<>());
    }

    /** The sender of a node: frames from the feed's position on, or a heartbeat. */
    void feed(final CellNode node, final int to) {
        final Feed feed = feeds.get(link(node.nodeId, to));
        if (feed == null || onLink(node.nodeId, to).size() > 20) {
            return;
        }
        final long appended = node.appended();
        final boolean isHeartbeatDue =
                clock.nanoTime() - feed.lastSentNs >= HEARTBEAT_NS || feed.lastCommitted != node.committed();
        if (feed.position >= appended && !isHeartbeatDue) {
            return;
        }
        final long end = endOfMessage(node, feed.position, appended);
        final byte[] framesBytes = node.log(feed.position, Math.max(feed.position, end));
        final UnsafeBuffer message = new UnsafeBuffer(new byte[FramesEncoder.BLOCK_LENGTH + framesBytes.length]);
        new FramesEncoder()
                .wrap(message, 0)
                .laneId(CellNode.LANE_ID)
                .fromNode(node.nodeId)
                .toNode(to)
                .cellKey(0)
                .leaderEpoch(feed.leaderEpoch)
                .framesLength(framesBytes.length)
                .position(feed.position)
                .committedPosition(node.committed());
        message.putBytes(FramesEncoder.BLOCK_LENGTH, framesBytes);
        send(node.nodeId, to, new Message(FramesEncoder.TEMPLATE_ID, message.byteArray()));
        feed.position = FrameDescriptor.framePosition(Math.max(feed.position, end), node.spanLength);
        feed.lastSentNs = clock.nanoTime();
        feed.lastCommitted = node.committed();
    }

    /** Whole frames, not across the end of a span. */
    private static long endOfMessage(final CellNode node, final long position, final long appended) {
        final long spanEnd = position + FrameDescriptor.remainingInSpan(position, node.spanLength);
        long end = position;
        while (end < Math.min(appended, spanEnd) && end - position < MAX_FRAMES_LENGTH) {
            final UnsafeBuffer header = new UnsafeBuffer(node.log(end, end + FrameDescriptor.HEADER_LENGTH));
            final int frameLength = FrameDescriptor.frameLength(header, 0);
            if (frameLength < FrameDescriptor.HEADER_LENGTH) {
                throw new IllegalStateException("a feed is where no frame begins: position=" + end);
            }
            end += FrameDescriptor.alignedLength(frameLength);
            if (spanEnd - end < FrameDescriptor.HEADER_LENGTH) {
                break;
            }
        }
        return end;
    }

    /** Carries the oldest messages of a link to where they go; on a cut link they are lost. */
    void deliver(final int from, final int to, final int limit) {
        final Deque<Message> link = onLink(from, to);
        for (int i = 0; i < limit && !link.isEmpty(); i++) {
            final Message message = link.peek();
            if (!cutLinks.contains(link(from, to)) && !putIntoRing(to, message)) {
                return;
            }
            link.remove();
        }
    }

    boolean putIntoRing(final int to, final Message message) {
        return nodes[to].peers.write(message.typeId(), new UnsafeBuffer(message.bytes()), 0, message.bytes().length);
    }

    void readProposals(final CellNode node) {
        for (int part = 0; part < 2; part++) {
            node.proposals.read((type, buffer, offset, length) -> {
                if (type == ResignationDecoder.TEMPLATE_ID) {
                    final ResignationDecoder resignation = new ResignationDecoder();
                    resignation.wrap(
                            buffer, offset, ResignationDecoder.BLOCK_LENGTH, ResignationDecoder.SCHEMA_VERSION);
                    resignations.add(resignation.leaderEpoch());
                    return;
                }
                final InSyncProposalDecoder proposal = new InSyncProposalDecoder();
                proposal.wrap(buffer, offset, InSyncProposalDecoder.BLOCK_LENGTH, InSyncProposalDecoder.SCHEMA_VERSION);
                final Set<Integer> ids = new TreeSet<>();
                for (int i = 0; i < proposal.inSyncCount(); i++) {
                    ids.add(proposal.inSync(i));
                }
                proposals.add(new Proposal(node.nodeId, proposal.leaderEpoch(), proposal.version(), ids));
            });
        }
    }

    /** Offers a batch to a node, in the present epoch. */
    long offer(final int nodeId, final int partitionIndex, final UnsafeBuffer batch) {
        return offer(nodeId, partitionIndex, 0, batch);
    }

    long offer(final int nodeId, final int partitionIndex, final int minInSync, final UnsafeBuffer batch) {
        final long correlationId = nextCorrelationId++;
        assertTrue(
                nodes[nodeId].proxy.offerAppend(
                        correlationId,
                        partitionIndex,
                        leaderEpoch,
                        clock.epochNs(),
                        minInSync,
                        batch,
                        0,
                        batch.capacity()),
                "command ring is full");
        return correlationId;
    }

    /** All logs are the same, up to the same end, and committed. */
    void assertConverged() {
        final CellNode first = nodes[0];
        for (final CellNode node : nodes) {
            assertTrue(node.errors.isEmpty(), () -> "errors of node " + node.nodeId + ": " + node.errors);
            assertTrue(first.appended() == node.appended() && node.appended() == node.committed(), this::toString);
            assertArrayEquals(first.log(0, first.appended()), node.log(0, node.appended()));
        }
    }

    @Override
    public String toString() {
        final List<String> texts = new ArrayList<>();
        for (final CellNode node : nodes) {
            texts.add("node " + node.nodeId + ": appended=" + node.appended() + ", durable="
                    + node.counters.durable().get() + ", committed=" + node.committed() + ", leadingEpoch="
                    + node.role.leadingEpoch().get() + ", " + node.lane + ", errors=" + node.errors);
        }
        return texts.toString();
    }
}
