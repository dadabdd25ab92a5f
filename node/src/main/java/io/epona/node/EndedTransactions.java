package io.epona.node;

import io.epona.codec.FrameDescriptor;
import io.epona.codec.FrameHandler;
import io.epona.codec.RecordBatchDescriptor;
import io.epona.gateway.log.InitialTransactions;
import io.epona.partitionlog.LogTransactions;
import io.epona.sequencer.TransactionListener;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
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

    /** What partition logs know. */
    @FunctionalInterface
    interface Logs {
        /** As {@link io.epona.partitionlog.PartitionLogs#transactions}. */
        LogTransactions transactions(int partitionIndex, long markersFrom);
    }

    private record Ended(long position, InitialTransactions.Ended transaction) {}

    private record Marker(long position, int partitionIndex, long producerId, long offset) {}

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
            ended.add(new Ended(position, transaction(partitionIndex, producerId, firstOffset, markerOffset)));
        }
    }

    @Override
    public void onFrame(final DirectBuffer buffer, final int offset, final int frameLength, final long position) {
        if (position >= fromPosition
                && position < statePosition
                && FrameDescriptor.type(buffer, offset) == FrameDescriptor.TYPE_RECORDS
                && RecordBatchDescriptor.isControl(buffer, offset + FrameDescriptor.PAYLOAD_OFFSET)) {
            markers.add(new Marker(
                    position,
                    FrameDescriptor.partitionIndex(buffer, offset),
                    RecordBatchDescriptor.producerId(buffer, offset + FrameDescriptor.PAYLOAD_OFFSET),
                    FrameDescriptor.baseOffset(buffer, offset)));
        }
    }

    private InitialTransactions.Ended transaction(
            final int partitionIndex, final long producerId, final long firstOffset, final long markerOffset) {
        return new InitialTransactions.Ended(
                new InitialTransactions.Begun(partitionIndex, laneId, producerId, firstOffset), markerOffset);
    }

    /**
     * Those whose marker is not below a position.
     *
     * @param drained up to where the partition logs have the frames.
     */
    List<InitialTransactions.Ended> since(final long drained, final Logs logs) {
        final List<InitialTransactions.Ended> all = new ArrayList<>();
        ended.stream().filter(one -> one.position() >= drained).forEach(one -> all.add(one.transaction()));
        markers.stream()
                .filter(marker -> marker.position() >= drained)
                .collect(Collectors.groupingBy(Marker::partitionIndex))
                .forEach((partitionIndex, inRing) -> {
                    final long fromOffset = inRing.getFirst().offset();
                    addKnown(logs.transactions(partitionIndex, fromOffset), partitionIndex, inRing, all);
                });
        return all;
    }

    /** The log may have some of the frames that are in the ring: those of a drain that was not finished. */
    private void addKnown(
            final LogTransactions known,
            final int partitionIndex,
            final List<Marker> inRing,
            final List<InitialTransactions.Ended> all) {
        for (final LogTransactions.Aborted one : known.aborted()) {
            all.add(transaction(partitionIndex, one.producerId(), one.firstOffset(), one.markerOffset()));
        }
        known.open()
                .forEach((producerId, firstOffset) -> inRing.stream()
                        .filter(marker -> marker.producerId() == producerId && marker.offset() >= known.endOffset())
                        .findFirst()
                        .ifPresent(marker ->
                                all.add(transaction(partitionIndex, producerId, firstOffset, marker.offset()))));
    }
}
