package io.epona.sequencer;

import io.epona.codec.lane.ClosePartitionCommandEncoder;
import io.epona.codec.lane.OpenPartitionCommandEncoder;
import io.epona.codec.replication.LaneAssignmentEncoder;
import io.epona.runtime.Signal;
import org.agrona.concurrent.ringbuffer.RingBuffer;

/**
 * The controller's side of a lane's control ring: what was decided about the lane. Belongs to one thread; offering is
 * lock-free and allocates nothing. An offer that is refused is to be made again.
 */
public final class LaneControlProxy {
    private final int laneId;
    private final int gatewayId;
    private final RingBuffer control;
    private final Signal laneSignal;
    private final LaneAssignmentEncoder assignment = new LaneAssignmentEncoder();
    private final OpenPartitionCommandEncoder open = new OpenPartitionCommandEncoder();
    private final ClosePartitionCommandEncoder close = new ClosePartitionCommandEncoder();

    /**
     * The controller's proxy of one lane.
     *
     * @param laneId of the lane.
     * @param gatewayId under which the lane replies: the index of a reply ring in the lane.
     * @param control the lane's control ring.
     * @param laneSignal wakes the lane.
     */
    public LaneControlProxy(final int laneId, final int gatewayId, final RingBuffer control, final Signal laneSignal) {
        this.laneId = laneId;
        this.gatewayId = gatewayId;
        this.control = control;
        this.laneSignal = laneSignal;
    }

    /**
     * Tells the lane who leads it. Not answered.
     *
     * @param leader node id, -1 when there is none.
     * @param leaderEpoch of that leader.
     * @param version of leader and in-sync replicas.
     * @param inSync node ids.
     * @param aliveBits bit n: node n is registered and not fenced.
     * @param incarnations low 16 bits of the incarnation ids of all members, in ascending order of node ids; 0 unknown.
     * @return false: no room now, try again later.
     */
    public boolean offerAssignment(
            final int leader,
            final int leaderEpoch,
            final int version,
            final int[] inSync,
            final int aliveBits,
            final int[] incarnations) {
        final int claim = control.tryClaim(LaneAssignmentEncoder.TEMPLATE_ID, LaneAssignmentEncoder.BLOCK_LENGTH);
        if (claim < 0) {
            return false;
        }
        assignment
                .wrap(control.buffer(), claim)
                .laneId(laneId)
                .inSyncCount((short) inSync.length)
                .reserved((short) 0)
                .leader(leader)
                .leaderEpoch(leaderEpoch)
                .version(version)
                .aliveBits(aliveBits)
                .reserved2(0)
                .reserved3(0);
        for (int i = 0; i < LaneAssignmentEncoder.inSyncLength(); i++) {
            assignment.inSync(i, i < inSync.length ? inSync[i] : -1);
        }
        for (int i = 0; i < LaneAssignmentEncoder.incarnationsLength(); i++) {
            assignment.incarnations(i, i < incarnations.length ? incarnations[i] : 0);
        }
        commit(claim);
        return true;
    }

    /**
     * Asks the lane to carry a partition from now on; repeating it does no harm. Answered in the role of a leader and
     * of a follower alike.
     *
     * @param correlationId comes back in the reply.
     * @param partitionIndex of the partition.
     * @return false: no room now, try again later.
     */
    public boolean offerOpenPartition(final long correlationId, final int partitionIndex) {
        final int claim =
                control.tryClaim(OpenPartitionCommandEncoder.TEMPLATE_ID, OpenPartitionCommandEncoder.BLOCK_LENGTH);
        if (claim < 0) {
            return false;
        }
        open.wrap(control.buffer(), claim)
                .correlationId(correlationId)
                .partitionIndex(partitionIndex)
                .gatewayId(gatewayId)
                .reserved(0)
                .reserved2(0)
                .reserved3(0);
        commit(claim);
        return true;
    }

    /**
     * Tells the lane that a partition was deleted. Answered as {@link #offerOpenPartition} is.
     *
     * @param correlationId comes back in the reply.
     * @param partitionIndex of the partition.
     * @return false: no room now, try again later.
     */
    public boolean offerClosePartition(final long correlationId, final int partitionIndex) {
        final int claim =
                control.tryClaim(ClosePartitionCommandEncoder.TEMPLATE_ID, ClosePartitionCommandEncoder.BLOCK_LENGTH);
        if (claim < 0) {
            return false;
        }
        close.wrap(control.buffer(), claim)
                .correlationId(correlationId)
                .partitionIndex(partitionIndex)
                .gatewayId(gatewayId)
                .reserved(0)
                .reserved2(0)
                .reserved3(0);
        commit(claim);
        return true;
    }

    private void commit(final int claim) {
        control.commit(claim);
        laneSignal.signal();
    }
}
