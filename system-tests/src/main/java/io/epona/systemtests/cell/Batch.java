package io.epona.systemtests.cell;

import io.epona.codec.RecordBatchDescriptor;
import io.epona.codec.RecordBatchEncoder;
import java.util.Arrays;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** A record batch that a producer sends until it is acknowledged. */
final class Batch {
    /** Bytes before are stamped by the lane. */
    private static final int FIRST_OWN_OFFSET = RecordBatchDescriptor.MAGIC_OFFSET;

    final int partitionIndex;
    final long producerId;
    final int baseSequence;
    final int recordCount;
    final long nonce;
    final UnsafeBuffer bytes;
    boolean isAcknowledged;

    private Batch(
            final int partitionIndex,
            final long producerId,
            final int baseSequence,
            final int recordCount,
            final long nonce,
            final UnsafeBuffer bytes) {
        this.partitionIndex = partitionIndex;
        this.producerId = producerId;
        this.baseSequence = baseSequence;
        this.recordCount = recordCount;
        this.nonce = nonce;
        this.bytes = bytes;
    }

    /** Makes batches; one for each simulation. */
    static final class Maker {
        private final RecordBatchEncoder encoder = new RecordBatchEncoder();
        private final ExpandableArrayBuffer target = new ExpandableArrayBuffer(16 * 1024);
        private final UnsafeBuffer value = new UnsafeBuffer(new byte[64 * 1024]);

        /** @param producerId negative: not idempotent. */
        Batch make(
                final int partitionIndex,
                final long producerId,
                final int baseSequence,
                final int recordCount,
                final int valueLength,
                final long nonce) {
            value.setMemory(0, valueLength, (byte) nonce);
            value.putLong(0, nonce);
            if (producerId >= 0) {
                encoder.begin(target, 0, producerId, (short) 0, baseSequence, false);
            } else {
                encoder.begin(target, 0);
            }
            for (int i = 0; i < recordCount; i++) {
                encoder.add(nonce, null, 0, RecordBatchEncoder.NULL_LENGTH, value, 0, valueLength);
            }
            final byte[] bytes = new byte[encoder.end()];
            target.getBytes(0, bytes);
            return new Batch(partitionIndex, producerId, baseSequence, recordCount, nonce, new UnsafeBuffer(bytes));
        }
    }

    /** True when the frame's batch is this one, whatever the lane stamped. */
    boolean isStoredIn(final LogFrame frame) {
        final int payloadOffset = io.epona.codec.FrameDescriptor.HEADER_LENGTH;
        return frame.bytes.capacity() - payloadOffset == bytes.capacity()
                && Arrays.equals(
                        bytes.byteArray(),
                        FIRST_OWN_OFFSET,
                        bytes.capacity(),
                        frame.bytes.byteArray(),
                        payloadOffset + FIRST_OWN_OFFSET,
                        frame.bytes.capacity());
    }

    @Override
    public String toString() {
        return "batch of partition " + partitionIndex
                + (producerId < 0 ? ", nonce " + nonce : ", producer " + producerId + ", sequence " + baseSequence)
                + ", records " + recordCount;
    }
}
