package io.epona.sequencer;

import io.epona.codec.FrameDescriptor;
import io.epona.codec.FrameEncoder;
import io.epona.codec.FrameHandler;
import io.epona.codec.RecordBatchDescriptor;
import io.epona.codec.lane.LaneResult;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A lane's log without a lane: frames that a state led to, kept so that other states can apply them. Time is the
 * caller's.
 */
final class LogScript {
    static final int SPAN_LENGTH = 1 << 20;
    private static final int LEADER_EPOCH = 1;

    /** A frame at its position, on memory of its own. */
    record Frame(UnsafeBuffer buffer, int length, long position) {
        void applyTo(final FrameHandler handler) {
            handler.onFrame(buffer, 0, length, position);
        }

        long endPosition() {
            return FrameDescriptor.nextFramePosition(position, length, SPAN_LENGTH);
        }
    }

    private final List<Frame> frames = new ArrayList<>();
    private final FrameEncoder encoder = new FrameEncoder();
    private long position;

    List<Frame> frames() {
        return frames;
    }

    long position() {
        return position;
    }

    /** Decides as a lane does; when the batch is accepted, makes the frame and applies it. */
    LaneResult offer(final LaneState state, final int partitionIndex, final DirectBuffer batch, final long nowMs) {
        return offer(state, partitionIndex, batch, nowMs, AppendOrigin.CLIENT);
    }

    /** As the other one; a transaction that has to be verified is part of what the coordinator knows. */
    LaneResult offerVerified(
            final LaneState state, final int partitionIndex, final DirectBuffer batch, final long nowMs) {
        final long producerId = RecordBatchDescriptor.producerId(batch, 0);
        return offer(
                state,
                partitionIndex,
                batch,
                nowMs,
                AppendOrigin.verified(state.verification(partitionIndex, producerId)));
    }

    LaneResult offer(
            final LaneState state,
            final int partitionIndex,
            final DirectBuffer batch,
            final long nowMs,
            final long origin) {
        final LaneResult result = state.decide(partitionIndex, batch, 0, nowMs, origin);
        if (result == LaneResult.OK) {
            append(partitionIndex, state.nextOffset(partitionIndex), batch, nowMs)
                    .applyTo(state);
        }
        return result;
    }

    /** Makes a records frame, whatever any state thinks of it. */
    Frame append(final int partitionIndex, final long baseOffset, final DirectBuffer batch, final long nowMs) {
        final int length = FrameDescriptor.HEADER_LENGTH + batch.capacity();
        final UnsafeBuffer buffer = place(length);
        buffer.putBytes(FrameDescriptor.PAYLOAD_OFFSET, batch, 0, batch.capacity());
        RecordBatchDescriptor.stampBaseOffset(buffer, FrameDescriptor.PAYLOAD_OFFSET, baseOffset);
        RecordBatchDescriptor.stampPartitionLeaderEpoch(buffer, FrameDescriptor.PAYLOAD_OFFSET, LEADER_EPOCH);
        final long nowNs = nowMs * 1_000_000L;
        encoder.encodeRecords(
                buffer,
                0,
                position,
                batch.capacity(),
                LEADER_EPOCH,
                partitionIndex,
                baseOffset,
                RecordBatchDescriptor.lastOffsetDelta(batch, 0),
                nowNs,
                nowNs,
                0);
        return add(buffer, length);
    }

    Frame trim(final int partitionIndex, final long startOffset, final long nowMs) {
        final UnsafeBuffer buffer = place(FrameDescriptor.HEADER_LENGTH);
        encoder.encodeTrim(buffer, 0, position, LEADER_EPOCH, partitionIndex, startOffset, nowMs * 1_000_000L, 0);
        return add(buffer, FrameDescriptor.HEADER_LENGTH);
    }

    private UnsafeBuffer place(final int length) {
        if (length > FrameDescriptor.remainingInSpan(position, SPAN_LENGTH)) {
            position += FrameDescriptor.remainingInSpan(position, SPAN_LENGTH);
        }
        return new UnsafeBuffer(new byte[FrameDescriptor.alignedLength(length)]);
    }

    private Frame add(final UnsafeBuffer buffer, final int length) {
        final Frame frame = new Frame(buffer, length, position);
        frames.add(frame);
        position = frame.endPosition();
        return frame;
    }

    /** The state as bytes, for comparison: equal exactly when all that lanes decide by is equal. */
    static byte[] bytesOf(final LaneState state) {
        final UnsafeBuffer buffer = new UnsafeBuffer(new byte[CheckpointCodec.encodedLength(state)]);
        CheckpointCodec.encode(state, new LaneIdentity(3, 1, 2), state.position(), state.position(), false, buffer);
        return buffer.byteArray();
    }
}
