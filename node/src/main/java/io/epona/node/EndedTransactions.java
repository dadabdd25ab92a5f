package io.epona.node;

import io.epona.codec.FrameDescriptor;
import io.epona.codec.FrameHandler;
import io.epona.codec.RecordBatchDescriptor;
import io.epona.gateway.log.InitialTransactions;
import io.epona.partitionlog.PartitionLogs;
import io.epona.sequencer.TransactionListener;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;

/**
 * Collects, while a lane is recovered, the transactions whose markers gateways will find in the ring: the frames there
 * do not tell where those began. The lane's state tells it of frames that it applies; for those that a checkpoint has
 * applied already the partition's log does. One thread.
 */
final class EndedTransactions implements TransactionListener, FrameHandler {
    private final int laneId;
    private final long fromPosition;
    private final long statePosition;
    private final List<Ended> ended = new ArrayList<>();
    private final List<Marker> markers = new ArrayList<>();

    private record Ended(long position, InitialTransactions.Begun transaction) {}

    private record Marker(long position, int partitionIndex) {}

    /**
     * A collector.
     *
     * @param laneId of the lane.
     * @param fromPosition markers below it will not be in the ring.
     * @param statePosition frames below it the state does not apply again.
     */
    EndedTransactions(final int laneId, final long fromPosition, final long statePosition) {
        this.laneId = laneId;
        this.fromPosition = fromPosition;
        this.statePosition = statePosition;
    }

    @Override
    public void onEnded(
            final int partitionIndex,
            final long producerId,
            final long firstOffset,
            final long markerOffset,
            final long position) {
        if (position >= fromPosition) {
            ended.add(new Ended(
                    position, new InitialTransactions.Begun(partitionIndex, laneId, producerId, firstOffset)));
        }
    }

    @Override
    public void onFrame(final DirectBuffer buffer, final int offset, final int frameLength, final long position) {
        if (position >= fromPosition
                && position < statePosition
                && FrameDescriptor.type(buffer, offset) == FrameDescriptor.TYPE_RECORDS
                && RecordBatchDescriptor.isControl(buffer, offset + FrameDescriptor.PAYLOAD_OFFSET)) {
            markers.add(new Marker(position, FrameDescriptor.partitionIndex(buffer, offset)));
        }
    }

    /**
     * Those whose marker is not below a position.
     *
     * @param drained up to where the partition logs have the frames.
     */
    List<InitialTransactions.Begun> since(final long drained, final PartitionLogs logs) {
        final List<InitialTransactions.Begun> all = new ArrayList<>();
        ended.stream().filter(one -> one.position() >= drained).forEach(one -> all.add(one.transaction()));
        markers.stream()
                .filter(marker -> marker.position() >= drained)
                .mapToInt(Marker::partitionIndex)
                .distinct()
                .forEach(partitionIndex -> logs.transactions(partitionIndex)
                        .open()
                        .forEach((producerId, firstOffset) -> all.add(
                                new InitialTransactions.Begun(partitionIndex, laneId, producerId, firstOffset))));
        return all;
    }
}
