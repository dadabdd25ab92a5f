package io.epona.sequencer;

import io.epona.codec.lane.AppendCommandEncoder;
import io.epona.codec.lane.ClosePartitionCommandEncoder;
import io.epona.codec.lane.DeleteRecordsCommandEncoder;
import io.epona.codec.lane.OpenPartitionCommandEncoder;
import io.epona.runtime.Signal;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.ringbuffer.RingBuffer;
import org.agrona.concurrent.status.AtomicCounter;

/**
 * A gateway's side of a lane's command ring. Each gateway thread has a proxy of its own for each lane; a proxy belongs
 * to that thread. Offering is lock-free and allocates nothing.
 *
 * <p>An offer that is refused is back pressure: stop reading from that client, and offer again once the lane has moved,
 * which signals the gateway. A gateway keeps at most as many commands unanswered as its reply ring can hold.
 */
public final class LaneProxy {
    private final int gatewayId;
    private final RingBuffer commands;
    private final Signal laneSignal;
    private final AtomicCounter refusedOffers;
    private final AppendCommandEncoder append = new AppendCommandEncoder();
    private final OpenPartitionCommandEncoder open = new OpenPartitionCommandEncoder();
    private final ClosePartitionCommandEncoder close = new ClosePartitionCommandEncoder();
    private final DeleteRecordsCommandEncoder deleteRecords = new DeleteRecordsCommandEncoder();

    /**
     * A gateway's proxy of one lane.
     *
     * @param gatewayId of the gateway: the index of its reply ring in the lane.
     * @param commands the lane's command ring.
     * @param laneSignal wakes the lane.
     * @param refusedOffers counts offers that found no room; written by this thread only.
     */
    public LaneProxy(
            final int gatewayId,
            final RingBuffer commands,
            final Signal laneSignal,
            final AtomicCounter refusedOffers) {
        if (gatewayId < 0 || gatewayId >= LaneLimits.MAX_GATEWAYS) {
            throw new IllegalArgumentException(
                    "gatewayId=" + gatewayId + " is not within 0 .. " + (LaneLimits.MAX_GATEWAYS - 1));
        }
        this.gatewayId = gatewayId;
        this.commands = commands;
        this.laneSignal = laneSignal;
        this.refusedOffers = refusedOffers;
    }

    /** Longest record batch that a command can carry, bytes. */
    public int maxBatchLength() {
        return commands.maxMsgLength() - AppendCommandEncoder.BLOCK_LENGTH;
    }

    /**
     * Asks the lane to append a batch that was validated, its checksum included.
     *
     * @param correlationId comes back in the reply.
     * @param partitionIndex that the batch is for.
     * @param leaderEpoch that the gateway believes in.
     * @param ingressTimeNs when the gateway had the whole request, ns since the Unix epoch.
     * @param minInSync fewest in-sync replicas with which the lane may append; 0: any number.
     * @param origin who appends, see {@link AppendOrigin}.
     * @param buffer with the batch; copied before this returns.
     * @param offset of the batch in the buffer.
     * @param length of the batch, bytes.
     * @return false: no room now, try again later.
     * @throws IllegalArgumentException when the batch is longer than {@link #maxBatchLength()}.
     */
    public boolean offerAppend(
            final long correlationId,
            final int partitionIndex,
            final int leaderEpoch,
            final long ingressTimeNs,
            final int minInSync,
            final long origin,
            final DirectBuffer buffer,
            final int offset,
            final int length) {
        final int claim = claim(AppendCommandEncoder.TEMPLATE_ID, AppendCommandEncoder.BLOCK_LENGTH + length);
        if (claim < 0) {
            return false;
        }
        append.wrap(commands.buffer(), claim)
                .correlationId(correlationId)
                .ingressTimeNs(ingressTimeNs)
                .partitionIndex(partitionIndex)
                .leaderEpoch(leaderEpoch)
                .gatewayId(gatewayId)
                .minInSync(minInSync)
                .batchLength(length)
                .reserved2((short) 0)
                .reserved3(0)
                .verification(AppendOrigin.verification(origin))
                .origin((short) AppendOrigin.flags(origin));
        commands.buffer().putBytes(claim + AppendCommandEncoder.BLOCK_LENGTH, buffer, offset, length);
        commit(claim);
        return true;
    }

    /** As the other one, for a client's batch. */
    public boolean offerAppend(
            final long correlationId,
            final int partitionIndex,
            final int leaderEpoch,
            final long ingressTimeNs,
            final int minInSync,
            final DirectBuffer buffer,
            final int offset,
            final int length) {
        return offerAppend(
                correlationId,
                partitionIndex,
                leaderEpoch,
                ingressTimeNs,
                minInSync,
                AppendOrigin.CLIENT,
                buffer,
                offset,
                length);
    }

    /** As {@link #offerAppend(long, int, int, long, int, DirectBuffer, int, int)}, with any number of replicas. */
    public boolean offerAppend(
            final long correlationId,
            final int partitionIndex,
            final int leaderEpoch,
            final long ingressTimeNs,
            final DirectBuffer buffer,
            final int offset,
            final int length) {
        return offerAppend(correlationId, partitionIndex, leaderEpoch, ingressTimeNs, 0, buffer, offset, length);
    }

    /**
     * Asks the lane to carry a partition from now on; repeating it does no harm.
     *
     * @param correlationId comes back in the reply.
     * @param partitionIndex of the partition.
     * @return false: no room now, try again later.
     */
    public boolean offerOpenPartition(final long correlationId, final int partitionIndex) {
        final int claim = claim(OpenPartitionCommandEncoder.TEMPLATE_ID, OpenPartitionCommandEncoder.BLOCK_LENGTH);
        if (claim < 0) {
            return false;
        }
        open.wrap(commands.buffer(), claim)
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
     * Tells the lane that a partition was deleted.
     *
     * @param correlationId comes back in the reply.
     * @param partitionIndex of the partition.
     * @return false: no room now, try again later.
     */
    public boolean offerClosePartition(final long correlationId, final int partitionIndex) {
        final int claim = claim(ClosePartitionCommandEncoder.TEMPLATE_ID, ClosePartitionCommandEncoder.BLOCK_LENGTH);
        if (claim < 0) {
            return false;
        }
        close.wrap(commands.buffer(), claim)
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
     * Asks the lane to delete a partition's records below an offset. The reply has the end position of the frame that
     * says so: once that is committed, they are gone for ever.
     *
     * @param correlationId comes back in the reply.
     * @param partitionIndex of the partition.
     * @param leaderEpoch that the gateway believes in.
     * @param startOffset the partition's first offset from then on; nothing above the committed records.
     * @return false: no room now, try again later.
     */
    public boolean offerDeleteRecords(
            final long correlationId, final int partitionIndex, final int leaderEpoch, final long startOffset) {
        final int claim = claim(DeleteRecordsCommandEncoder.TEMPLATE_ID, DeleteRecordsCommandEncoder.BLOCK_LENGTH);
        if (claim < 0) {
            return false;
        }
        deleteRecords
                .wrap(commands.buffer(), claim)
                .correlationId(correlationId)
                .startOffset(startOffset)
                .partitionIndex(partitionIndex)
                .leaderEpoch(leaderEpoch)
                .gatewayId(gatewayId)
                .reserved(0)
                .reserved2(0);
        commit(claim);
        return true;
    }

    private int claim(final int msgTypeId, final int length) {
        final int claim = commands.tryClaim(msgTypeId, length);
        if (claim < 0) {
            refusedOffers.incrementRelease();
        }
        return claim;
    }

    private void commit(final int claim) {
        commands.commit(claim);
        laneSignal.signal();
    }
}
