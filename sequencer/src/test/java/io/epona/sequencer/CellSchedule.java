package io.epona.sequencer;

import io.epona.codec.FrameDescriptor;
import io.epona.sequencer.testing.ReplicationFault;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * One random schedule of a {@link LaneCell}: agents run in any order, messages are late, lost and repeated, nodes stop,
 * crash and lose their disks, and a controller that keeps the rules elects leaders. After each step, what is committed
 * anywhere must be the same everywhere, for ever.
 */
final class CellSchedule {
    /** Something that must never happen. */
    static final class Violation extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Violation(final String message) {
            super(message, null, false, false);
        }
    }

    private static final int MAX_LOG_LENGTH = 1 << 21;

    private final SplittableRandom random;
    private final LaneCell cell;
    private final int nodeCount;
    private final byte[] committedLog = new byte[MAX_LOG_LENGTH];
    private long committedLength;
    private final long[] checked;
    private final long[] scanned;
    private final Map<Long, Integer> crcByEpochAndPosition = new HashMap<>();
    private final List<Deque<Runnable>> control = new ArrayList<>();
    private int offered;
    private int crashes;
    private int elections;

    CellSchedule(final long seed, final ReplicationFault... faults) {
        this.random = new SplittableRandom(seed);
        this.nodeCount = random.nextInt(3) == 0 ? 2 : 3;
        this.cell = new LaneCell(nodeCount, faults);
        this.checked = new long[nodeCount];
        this.scanned = new long[nodeCount];
        for (int id = 0; id < nodeCount; id++) {
            control.add(new ArrayDeque<>());
        }
    }

    /** Runs; in the end everything heals, and all logs must be the same and hold all that was ever committed. */
    void run(final int steps) {
        elect();
        for (int i = 0; i < steps; i++) {
            step();
            check();
        }
        heal();
    }

    long committedLength() {
        return committedLength;
    }

    int elections() {
        return elections;
    }

    int crashes() {
        return crashes;
    }

    private void step() {
        final CellNode node = cell.nodes[random.nextInt(nodeCount)];
        final int other = random.nextInt(nodeCount);
        switch (random.nextInt(26)) {
            case 0, 1, 2, 3, 4 -> {
                node.step();
                cell.readOutbox(node);
            }
            case 5, 6, 7 -> node.write();
            case 8, 9 -> node.follow();
            case 10, 11, 12 -> cell.feed(node, other);
            case 13, 14, 15, 16, 17 -> cell.deliver(node.nodeId, other, 1 + random.nextInt(3));
            case 18 -> offer(node);
            case 19 -> cell.clock.advanceNs(random.nextInt(4_000_000));
            case 20 -> decideProposal(node);
            case 21, 22 -> tellNext(node.nodeId);
            case 23 -> disturb(node, other);
            default -> rare(node);
        }
    }

    private void offer(final CellNode node) {
        final long epoch = node.role.leadingEpoch().get();
        if (epoch < 0 || committedLength > MAX_LOG_LENGTH / 2) {
            return;
        }
        final UnsafeBuffer batch = Batches.plain(1 + random.nextInt(3), random.nextInt(800));
        node.proxy.offerAppend(
                ++offered,
                random.nextInt(CellNode.PARTITIONS),
                (int) epoch,
                cell.clock.epochNs(),
                batch,
                0,
                batch.capacity());
        node.replies();
    }

    private void decideProposal(final CellNode node) {
        cell.readProposals(node);
        final LaneCell.Proposal proposal = cell.proposals.poll();
        if (proposal != null
                && proposal.leaderEpoch() == cell.leaderEpoch
                && proposal.version() == cell.version
                && proposal.inSync().contains(cell.leader)) {
            cell.inSync = new TreeSet<>(proposal.inSync());
            cell.version++;
            announce();
        }
    }

    private void disturb(final CellNode node, final int other) {
        switch (random.nextInt(6)) {
            case 0 -> cell.onLink(node.nodeId, other).poll();
            case 1 -> {
                final Deque<LaneCell.Message> link = cell.onLink(node.nodeId, other);
                if (!link.isEmpty()) {
                    link.add(link.peek());
                }
            }
            case 2 -> cell.cut(node.nodeId, other);
            case 3 -> cell.heal();
            case 4 -> node.isJournalStuck = random.nextBoolean();
            default -> cell.clock.advanceMs(random.nextInt(150));
        }
    }

    private void rare(final CellNode node) {
        switch (random.nextInt(120)) {
            case 0, 1 -> elect();
            case 2, 3 -> crash(node, node.device);
            case 4 -> loseDisk(node);
            case 5 -> cell.isolate(node.nodeId);
            default -> {
                // Most of the time nothing rare happens.
            }
        }
    }

    /** Each node hears of what was decided when it does, in the order in which it was. */
    private void announce() {
        final int leader = cell.leader;
        final int leaderEpoch = cell.leaderEpoch;
        final int version = cell.version;
        final int aliveBits = cell.aliveBits;
        final int[] inSync = cell.inSync.stream().mapToInt(Integer::intValue).toArray();
        final int[] incarnations =
                Arrays.stream(cell.nodes).mapToInt(node -> node.incarnation).toArray();
        for (int id = 0; id < nodeCount; id++) {
            final int to = id;
            control.get(id)
                    .add(() -> cell.nodes[to].controller.offerAssignment(
                            leader, leaderEpoch, version, inSync, aliveBits, incarnations));
        }
    }

    private void tellNext(final int id) {
        final Runnable next = control.get(id).poll();
        if (next != null) {
            next.run();
        }
    }

    private void elect() {
        final List<Integer> candidates = new ArrayList<>(cell.inSync);
        cell.leader = candidates.get(random.nextInt(candidates.size()));
        cell.leaderEpoch++;
        cell.version++;
        elections++;
        announce();
    }

    /** The new incarnation is told only what is decided after it has registered. */
    private void crash(final CellNode node, final byte[] device) {
        final int id = node.nodeId;
        crashes++;
        cell.restart(id, device);
        checked[id] = 0;
        scanned[id] = 0;
        control.get(id).clear();
        if (cell.leader == id) {
            elect();
        } else {
            announce();
        }
    }

    private void loseDisk(final CellNode node) {
        if (cell.inSync.equals(Set.of(node.nodeId))) {
            return;
        }
        cell.inSync.remove(node.nodeId);
        crash(node, CellNode.newDevice());
    }

    /** An epoch has one leader, which writes each position once: equal epoch and position mean equal frames. */
    private void checkFrames(final CellNode node) {
        final long appended = node.appended();
        long position = Math.min(scanned[node.nodeId], appended);
        while (position < appended) {
            final UnsafeBuffer header = new UnsafeBuffer(node.log(position, position + FrameDescriptor.HEADER_LENGTH));
            final long key = (long) FrameDescriptor.leaderEpoch(header, 0) << Integer.SIZE | position;
            final int crc = FrameDescriptor.crc(header, 0);
            final Integer known = crcByEpochAndPosition.putIfAbsent(key, crc);
            if (known != null && known != crc) {
                throw new Violation("two frames of one epoch and position: node=" + node.nodeId + ", position="
                        + position + ", " + cell);
            }
            position = FrameDescriptor.nextFramePosition(
                    position, FrameDescriptor.frameLength(header, 0), CellNode.SEGMENT_LENGTH);
        }
        scanned[node.nodeId] = appended;
    }

    /** What is committed on any node is committed for ever, and the same on all. */
    private void check() {
        for (final CellNode node : cell.nodes) {
            checkFrames(node);
            final long committed = node.committed();
            final long from = checked[node.nodeId];
            if (committed < from) {
                throw new Violation("committed went back: node=" + node.nodeId + ", " + cell);
            }
            if (committed == from) {
                continue;
            }
            if (committed > node.appended()) {
                throw new Violation("more is committed than there is: node=" + node.nodeId + ", " + cell);
            }
            if (node.isLeading() && committed < node.role.readyPosition().get()) {
                throw new Violation("a new leader exposes before its epoch start is committed: node=" + node.nodeId
                        + ", ready=" + node.role.readyPosition().get() + ", " + cell);
            }
            final byte[] bytes = node.log(from, committed);
            compare(node, bytes, from);
            checked[node.nodeId] = committed;
        }
    }

    private void compare(final CellNode node, final byte[] bytes, final long from) {
        final long end = from + bytes.length;
        final int known = (int) Math.max(0, Math.min(end, committedLength) - from);
        final int difference = Arrays.mismatch(bytes, 0, known, committedLog, (int) from, (int) from + known);
        if (difference >= 0 && !isBehindLastFrame(from + difference)) {
            throw new Violation("what was committed was replaced: node=" + node.nodeId + ", position="
                    + (from + difference) + ", " + cell);
        }
        if (end > committedLength) {
            System.arraycopy(bytes, known, committedLog, (int) from + known, bytes.length - known);
            committedLength = end;
        }
    }

    /** Less than a header's length before the end of a span there is no frame, and any byte. */
    private static boolean isBehindLastFrame(final long position) {
        return FrameDescriptor.remainingInSpan(position, CellNode.SEGMENT_LENGTH) < FrameDescriptor.HEADER_LENGTH;
    }

    private void heal() {
        cell.heal();
        for (final CellNode node : cell.nodes) {
            node.isJournalStuck = false;
            while (!control.get(node.nodeId).isEmpty()) {
                tellNext(node.nodeId);
                node.step();
                node.write();
                node.follow();
                check();
            }
        }
        for (int round = 0; round < 3000; round++) {
            for (final CellNode node : cell.nodes) {
                cell.step(node);
                decideProposal(node);
                while (!control.get(node.nodeId).isEmpty()) {
                    tellNext(node.nodeId);
                }
            }
            cell.clock.advanceMs(1);
            check();
            if (isHealed()) {
                return;
            }
        }
        throw new Violation("does not come to rest: leader=" + cell.leader + ", leaderEpoch=" + cell.leaderEpoch
                + ", inSync=" + cell.inSync + ", " + cell);
    }

    private boolean isHealed() {
        final long end = cell.nodes[0].appended();
        for (final CellNode node : cell.nodes) {
            if (node.appended() != end || node.committed() != end) {
                return false;
            }
        }
        return end >= committedLength && cell.inSync.size() == nodeCount;
    }
}
