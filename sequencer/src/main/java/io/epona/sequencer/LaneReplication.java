package io.epona.sequencer;

import io.epona.journal.JournalTruncation;
import io.epona.runtime.LaneRole;
import io.epona.runtime.ReplicaCounters;
import io.epona.runtime.Signal;
import io.epona.sequencer.testing.ReplicationFault;
import java.util.List;
import java.util.Set;
import java.util.function.LongSupplier;
import org.agrona.concurrent.ringbuffer.RingBuffer;

/**
 * What a lane needs to be one replica of several. The rings carry messages of {@code epona-replication.xml}, with the
 * template id as message type and without a message header.
 *
 * @param node whose replica this is.
 * @param replicas counters of the other replicas; none in a cell of one.
 * @param role where the lane says whether this node leads; written by the lane only.
 * @param rings to and from the node's other agents; null in a cell of one.
 * @param truncation where the lane has the journal cut.
 * @param journalStart oldest position from which the own journal can be read, for other replicas; any thread.
 * @param shadow where the lane gets the state of a new leader.
 * @param install where the lane says that it cannot follow, and is held.
 * @param limits by which other replicas are judged.
 * @param meters counts what happens.
 * @param faults planted by simulations; empty in a node.
 */
public record LaneReplication(
        Node node,
        List<ReplicaCounters> replicas,
        LaneRole role,
        Rings rings,
        JournalTruncation truncation,
        LongSupplier journalStart,
        ShadowHandOver shadow,
        InstallGate install,
        ReplicationLimits limits,
        ReplicationMeters meters,
        Set<ReplicationFault> faults) {
    /**
     * The node that the lane runs on.
     *
     * @param nodeId 0 .. 31.
     * @param incarnation low 16 bits of the incarnation id with which the node registered, not 0; differs between its
     *     starts.
     * @param leaderEpoch in which the node leads from the start, alone; 0: the lane waits for an assignment.
     */
    public record Node(int nodeId, int incarnation, int leaderEpoch) {}

    /**
     * Rings between the lane and the node's other agents.
     *
     * @param control LaneAssignment, and the lane schema's OpenPartitionCommand and ClosePartitionCommand; read first.
     *     Only assignments that were decided after this start of the node was registered may be put in.
     * @param peers FollowRequest, FollowResponse, Frames and FollowerAck from other nodes, checked and for this lane.
     * @param outbox FollowRequest, FollowResponse, FollowerAck, StartFeed and StopFeeds from the lane.
     * @param proposals InSyncProposal and Resignation from the lane.
     * @param onOutbox wakes the reader of the outbox.
     * @param onProposal wakes the reader of the proposals.
     */
    public record Rings(
            RingBuffer control,
            RingBuffer peers,
            RingBuffer outbox,
            RingBuffer proposals,
            Signal onOutbox,
            Signal onProposal) {}

    /** Copies the collections. */
    public LaneReplication {
        replicas = List.copyOf(replicas);
        faults = Set.copyOf(faults);
        if (replicas.isEmpty() == (node.leaderEpoch == 0)) {
            throw new IllegalArgumentException(
                    "either alone, with a leader epoch, or one of several, without: replicas=" + replicas.size()
                            + ", leaderEpoch=" + node.leaderEpoch);
        }
        if ((rings == null) != replicas.isEmpty()) {
            throw new IllegalArgumentException(
                    "rings are for a lane with other replicas, which needs them: replicas=" + replicas.size());
        }
    }

    /**
     * The only replica of a cell of one, which leads from the start.
     *
     * @param nodeId of the node.
     * @param leaderEpoch in which it leads, start after start.
     * @param role where the lane says so.
     */
    public static LaneReplication alone(final int nodeId, final int leaderEpoch, final LaneRole role) {
        return alone(nodeId, leaderEpoch, role, Set.of());
    }

    /** As {@link #alone(int, int, LaneRole)}, with planted faults. */
    public static LaneReplication alone(
            final int nodeId, final int leaderEpoch, final LaneRole role, final Set<ReplicationFault> faults) {
        return new LaneReplication(
                new Node(nodeId, 1, leaderEpoch),
                List.of(),
                role,
                null,
                new JournalTruncation(),
                () -> 0,
                ShadowHandOver.silent(),
                new InstallGate(),
                ReplicationLimits.SHARED,
                ReplicationMeters.onHeap(),
                faults);
    }

    /** True in a cell of one. */
    public boolean isAlone() {
        return replicas.isEmpty();
    }
}
