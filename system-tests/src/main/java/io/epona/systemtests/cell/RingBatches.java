package io.epona.systemtests.cell;

import io.epona.codec.FrameDescriptor;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Takes batches of one partition out of frames in a log ring. */
final class RingBatches {
    private RingBatches() {}

    static void add(
            final List<UnsafeBuffer> batches,
            final DirectBuffer ring,
            final int offset,
            final int frameLength,
            final int partition,
            final long fromOffset) {
        if (FrameDescriptor.type(ring, offset) != FrameDescriptor.TYPE_RECORDS
                || FrameDescriptor.partitionIndex(ring, offset) != partition
                || FrameDescriptor.lastOffset(ring, offset) < fromOffset) {
            return;
        }
        final UnsafeBuffer batch = new UnsafeBuffer(new byte[frameLength - FrameDescriptor.HEADER_LENGTH]);
        batch.putBytes(0, ring, offset + FrameDescriptor.PAYLOAD_OFFSET, batch.capacity());
        batches.add(batch);
    }
}
