package io.epona.systemtests.cell;

import io.epona.codec.FrameDescriptor;
import io.epona.codec.RecordBatchDescriptor;
import io.epona.sequencer.LaneState;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The one history of the lane that all must agree on: the frames that anybody has ever called committed, in order, and
 * who led when. It is what replicas, acknowledgements and consumers are held against. One thread.
 */
final class History {
    /** A replica, over all lives of its node. */
    static final class Replica {
        final int nodeId;
        final ReplicaLog log;

        /** Below is on its device, as its newest life has said. */
        long durable;

        /** What its present life calls committed. */
        long committed;

        /** Up to here its log was compared with the history since it was last cut. */
        long compared;

        /** Its device was damaged or emptied: what it had there does not count until it has caught up. */
        boolean isSuspect;

        /** It has started since it was damaged, and has emptied itself if it found the damage. */
        boolean mayBeCleared;

        Replica(final int nodeId, final ReplicaLog log) {
            this.nodeId = nodeId;
            this.log = log;
        }

        boolean has(final LogFrame frame) {
            return durable >= frame.end && log.at(frame.position) == frame
                    || durable >= frame.end && log.startPosition() > frame.position;
        }
    }

    private final Replica[] replicas;
    private final int minInSync;
    private final List<LogFrame> frames = new ArrayList<>();
    private final List<LogFrame>[] byPartition;
    private final Map<Integer, Integer> leaderOfEpoch = new HashMap<>();
    private final Map<Long, Integer> nextSequences = new HashMap<>();
    private final Set<Long> nonces = new HashSet<>();
    private final List<Batch> acknowledged = new ArrayList<>();
    private int[] inSync = {};
    private long committedEnd;

    @SuppressWarnings({"unchecked", "rawtypes"}) // an array of a generic type
    History(final CellPlan plan) {
        final ReplicaLog.FrameStore store = new ReplicaLog.FrameStore();
        this.minInSync = plan.minInSync();
        this.replicas = new Replica[plan.nodeCount() + 1];
        for (int id = 1; id < replicas.length; id++) {
            replicas[id] = new Replica(id, new ReplicaLog(id, plan.spanLength(), store));
        }
        this.byPartition = new List[plan.partitions()];
        Arrays.setAll(byPartition, i -> new ArrayList<>());
    }

    Replica replica(final int nodeId) {
        return replicas[nodeId];
    }

    long committedEnd() {
        return committedEnd;
    }

    List<LogFrame> frames() {
        return frames;
    }

    List<LogFrame> framesOf(final int partition) {
        return byPartition[partition];
    }

    List<Batch> acknowledged() {
        return acknowledged;
    }

    /** Everything that was ever committed, for a replica that has installed it instead of having followed. */
    int[] inSync() {
        return inSync;
    }

    /** The controller's log has new in-sync replicas: each has all that is committed. */
    void onInSync(final int[] members) {
        inSync = members;
        checkInSync(committedEnd);
    }

    private void checkInSync(final long position) {
        for (final int nodeId : inSync) {
            final Replica replica = replicas[nodeId];
            if (replica.durable < position && !replica.isSuspect) {
                throw new Violation("an in-sync replica does not have what is committed: node " + nodeId + ", durable="
                        + replica.durable + ", committed=" + position + ", in sync=" + Arrays.toString(inSync));
            }
        }
    }

    /** A node begins to lead: nobody else did in this epoch, and it has all that was ever committed. */
    void onLeader(final int nodeId, final int epoch) {
        final Integer other = leaderOfEpoch.putIfAbsent(epoch, nodeId);
        if (null != other && other != nodeId) {
            throw new Violation("two leaders in epoch " + epoch + ": nodes " + other + " and " + nodeId);
        }
        if (!isNewestLeader(nodeId)) {
            // It was deposed before it heard of its election: it can commit nothing.
            return;
        }
        final Replica replica = replicas[nodeId];
        if (replica.log.end() < committedEnd) {
            throw new Violation("node " + nodeId + " leads epoch " + epoch + " without what is committed: its end="
                    + replica.log.end() + ", committed=" + committedEnd);
        }
        compare(replica, committedEnd);
    }

    /** Whether a node leads the newest epoch that anybody has led. */
    boolean isNewestLeader(final int nodeId) {
        final int newest = leaderOfEpoch.keySet().stream().max(Integer::compare).orElse(0);
        return leaderOfEpoch.getOrDefault(newest, 0) == nodeId;
    }

    /** A node says that all below is committed. */
    void onCommitted(final int nodeId, final long position) {
        final Replica replica = replicas[nodeId];
        if (position < replica.committed) {
            throw new Violation(
                    "committed went back on node " + nodeId + ": from " + replica.committed + " to " + position);
        }
        if (position > replica.log.end()) {
            throw new Violation("node " + nodeId + " has committed what it does not have: committed=" + position
                    + ", appended=" + replica.log.end());
        }
        if (position > replica.durable) {
            throw new Violation("node " + nodeId + " has committed what is not on its device: committed=" + position
                    + ", durable=" + replica.durable);
        }
        replica.committed = position;
        if (position > committedEnd) {
            checkInSync(position);
            compare(replica, committedEnd);
            extend(replica, position);
        }
        compare(replica, position);
        if (replica.isSuspect && replica.mayBeCleared && replica.durable >= committedEnd) {
            replica.isSuspect = false;
        }
    }

    private void extend(final Replica replica, final long position) {
        final ReplicaLog log = replica.log;
        for (int i = log.indexOf(committedEnd); i < log.size() && log.frame(i).position < position; i++) {
            final LogFrame frame = log.frame(i);
            final long frameEnd = frame.position + FrameDescriptor.alignedLength(frame.frameLength());
            if (frameEnd > position) {
                throw new Violation("committed is in the middle of a frame: " + position + ", " + frame);
            }
            frames.add(frame);
            committedEnd = frame.end;
            if (frame.isRecords()) {
                addRecords(frame);
            }
        }
        committedEnd = Math.max(committedEnd, position);
    }

    /** Offsets have no gap, and each producer's sequences neither, so nothing is lost, twice or out of order. */
    private void addRecords(final LogFrame frame) {
        final List<LogFrame> log = byPartition[frame.partitionIndex()];
        final long expectedOffset = log.isEmpty() ? 0 : log.get(log.size() - 1).nextOffset();
        if (frame.baseOffset() != expectedOffset) {
            throw new Violation("offsets have a gap: expected " + expectedOffset + ", " + frame);
        }
        log.add(frame);
        final int batchOffset = FrameDescriptor.PAYLOAD_OFFSET;
        final long producerId = RecordBatchDescriptor.producerId(frame.bytes, batchOffset);
        if (producerId >= 0) {
            final int sequence = RecordBatchDescriptor.baseSequence(frame.bytes, batchOffset);
            final int expected = nextSequences.getOrDefault(producerId, 0);
            if (sequence != expected) {
                throw new Violation("a producer's batches are lost, repeated or out of order: producer " + producerId
                        + ", expected sequence " + expected + ", found " + sequence + " in " + frame);
            }
            nextSequences.put(producerId, sequence + RecordBatchDescriptor.recordCount(frame.bytes, batchOffset));
        } else if (!nonces.add(RecordBatchDescriptor.baseTimestamp(frame.bytes, batchOffset))) {
            throw new Violation("a batch that was sent once is there twice: " + frame);
        }
    }

    /** The replica's frames below a committed position are those of the history. */
    private void compare(final Replica replica, final long position) {
        if (position <= replica.compared) {
            return;
        }
        final ReplicaLog log = replica.log;
        final long from = Math.max(replica.compared, log.startPosition());
        int mine = log.indexOf(from);
        int ours = indexOf(from);
        while (ours < frames.size() && frames.get(ours).position < position) {
            final LogFrame expected = frames.get(ours);
            final LogFrame actual = mine < log.size() ? log.frame(mine) : null;
            if (actual != expected) {
                throw new Violation("logs differ below what is committed: node " + replica.nodeId + " has " + actual
                        + ", committed is " + expected);
            }
            mine++;
            ours++;
        }
        replica.compared = position;
    }

    private int indexOf(final long position) {
        int low = 0;
        int high = frames.size();
        while (low < high) {
            final int middle = (low + high) >>> 1;
            if (frames.get(middle).position < position) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /**
     * A node has started: its log is what it was when it ended, but for what was never durable.
     *
     * @param tail end of the recovered log.
     * @param bound what the node takes for committed.
     */
    void onStart(final int nodeId, final long tail, final long bound) {
        final Replica replica = replicas[nodeId];
        if (tail > replica.log.end()) {
            throw new Violation("node " + nodeId + " has recovered more than it ever had: end=" + tail + ", it had "
                    + replica.log.end());
        }
        if (tail < replica.durable && !replica.isSuspect) {
            throw new Violation(
                    "node " + nodeId + " has lost what was durable: end=" + tail + ", durable was " + replica.durable);
        }
        if (bound > committedEnd) {
            throw new Violation(
                    "node " + nodeId + " takes for committed what is not: " + bound + ", committed is " + committedEnd);
        }
        replica.log.cut(tail);
        replica.durable = tail;
        replica.compared = Math.min(replica.compared, tail);
        compare(replica, bound);
        replica.committed = bound;
        replica.mayBeCleared = true;
        checkInSync(committedEnd);
    }

    /** A node's disk is empty now, and it is down. */
    void onEmptied(final int nodeId) {
        final Replica replica = replicas[nodeId];
        replica.isSuspect = true;
        replica.mayBeCleared = false;
        replica.log.restartAt(0);
        replica.durable = 0;
        replica.committed = 0;
        replica.compared = 0;
    }

    /** A node's device has damage from now on. */
    void onDamaged(final int nodeId) {
        replicas[nodeId].isSuspect = true;
        replicas[nodeId].mayBeCleared = false;
    }

    /** A node's log begins anew at a position, and it has all that is below on its shelf. */
    void onInstalled(final int nodeId, final long position) {
        onEmptied(nodeId);
        final Replica replica = replicas[nodeId];
        replica.log.restartAt(position);
        replica.durable = position;
        replica.compared = position;
    }

    /** The state that the committed frames below a position lead to. */
    LaneState replay(final CellPlan plan, final long position) {
        final LaneState state = RecoveredLane.emptyState(plan);
        for (final LogFrame frame : frames) {
            if (frame.position >= position) {
                break;
            }
            if (frame.type != FrameDescriptor.TYPE_PADDING) {
                state.onFrame(frame.bytes, 0, frame.bytes.capacity(), frame.position);
            }
        }
        return state;
    }

    /** True when only replicas are in sync that were damaged since: what was acknowledged may be gone. */
    boolean isDataGone() {
        return inSync.length > 0 && Arrays.stream(inSync).allMatch(nodeId -> replicas[nodeId].isSuspect);
    }

    /** A replica's log was cut: not below what its life has called committed. */
    void onCut(final int nodeId, final long position) {
        final Replica replica = replicas[nodeId];
        if (position < replica.committed) {
            throw new Violation("node " + nodeId + " has cut its log below committed: end=" + position + ", committed="
                    + replica.committed);
        }
        if (position < committedEnd && isInSync(nodeId) && !replica.isSuspect) {
            throw new Violation("an in-sync replica has cut what is committed: node " + nodeId + ", end=" + position
                    + ", committed=" + committedEnd);
        }
        replica.compared = Math.min(replica.compared, position);
    }

    /** A node ended while it was cutting its log: what is beyond may be on its device, or not. */
    void onEndedWhileCutting(final int nodeId, final long position) {
        final Replica replica = replicas[nodeId];
        if (position < replica.durable) {
            onCut(nodeId, position);
            replica.durable = position;
        }
    }

    /** A replica's device has more now, or less after a cut. */
    void onDurable(final int nodeId, final long position) {
        final Replica replica = replicas[nodeId];
        if (position < replica.committed) {
            throw new Violation("node " + nodeId + " has less on its device than it has called committed: durable="
                    + position + ", committed=" + replica.committed);
        }
        if (position < committedEnd && position < replica.durable && isInSync(nodeId) && !replica.isSuspect) {
            throw new Violation("an in-sync replica has lost what is committed: node " + nodeId + ", durable="
                    + position + ", before=" + replica.durable + ", committed=" + committedEnd);
        }
        replica.durable = position;
    }

    boolean isInSync(final int nodeId) {
        return Arrays.stream(inSync).anyMatch(member -> member == nodeId);
    }

    /** A producer was told that its batch is there, at that offset. */
    void onAcknowledged(final int nodeId, final Batch batch, final long baseOffset) {
        if (batch.isAcknowledged) {
            throw new Violation("a batch was acknowledged twice on one connection: " + batch);
        }
        final LogFrame frame = find(batch.partitionIndex, baseOffset);
        if (null == frame || frame.baseOffset() != baseOffset || !batch.isStoredIn(frame)) {
            throw new Violation("node " + nodeId + " has acknowledged what is not committed: " + batch + " at offset "
                    + baseOffset + ", there is " + frame);
        }
        batch.isAcknowledged = true;
        acknowledged.add(batch);
    }

    /** A node has answered that a batch is there: as many devices as the topic asks for have it. */
    void onAnswered(final int nodeId, final Batch batch, final long baseOffset) {
        final LogFrame frame = find(batch.partitionIndex, baseOffset);
        if (null == frame || frame.baseOffset() != baseOffset || !batch.isStoredIn(frame)) {
            throw new Violation("node " + nodeId + " answers for what is not committed: " + batch + " at offset "
                    + baseOffset + ", there is " + frame);
        }
        int copies = 0;
        for (int id = 1; id < replicas.length; id++) {
            copies += replicas[id].isSuspect || replicas[id].has(frame) ? 1 : 0;
        }
        if (copies < minInSync) {
            throw new Violation("a batch was acknowledged with too few copies: " + batch + ", " + frame + ", copies="
                    + copies + ", min.insync=" + minInSync);
        }
    }

    /** The committed frame with an offset, or null. */
    LogFrame find(final int partition, final long offset) {
        final List<LogFrame> log = byPartition[partition];
        int low = 0;
        int high = log.size();
        while (low < high) {
            final int middle = (low + high) >>> 1;
            if (log.get(middle).nextOffset() <= offset) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low < log.size() ? log.get(low) : null;
    }

    /** Digest of what happened: equal for two runs of a seed. */
    long fingerprint() {
        long digest = committedEnd;
        for (final LogFrame frame : frames) {
            digest = digest * 31 + FrameDescriptor.crc(frame.bytes, 0);
        }
        return digest * 31 + acknowledged.size();
    }
}
