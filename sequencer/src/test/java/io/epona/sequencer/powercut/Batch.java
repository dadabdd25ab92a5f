package io.epona.sequencer.powercut;

import io.epona.codec.RecordBatchDescriptor;
import io.epona.codec.RecordBatchEncoder;
import java.util.Arrays;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** A record batch that a producer sends, until it is acknowledged. */
final class Batch {
    /** Bytes before are stamped by the lane. */
    private static final int FIRST_OWN_OFFSET = RecordBatchDescriptor.MAGIC_OFFSET;

    private static final RecordBatchEncoder ENCODER = new RecordBatchEncoder();
    private static final ExpandableArrayBuffer TARGET = new ExpandableArrayBuffer(64 * 1024);
    private static final UnsafeBuffer VALUE = new UnsafeBuffer(new byte[64 * 1024]);

    final int partitionIndex;
    final long producerId;
    final int baseSequence;
    final int recordCount;
    final UnsafeBuffer bytes;
    long correlationId;
    long endPosition = -1;
    long baseOffset = -1;

    private Batch(
            final int partitionIndex,
            final long producerId,
            final int baseSequence,
            final int recordCount,
            final UnsafeBuffer bytes) {
        this.partitionIndex = partitionIndex;
        this.producerId = producerId;
        this.baseSequence = baseSequence;
        this.recordCount = recordCount;
        this.bytes = bytes;
    }

    static Batch encode(
            final int partitionIndex,
            final long producerId,
            final int baseSequence,
            final int recordCount,
            final int valueLength,
            final long nonce) {
        VALUE.setMemory(0, valueLength, (byte) nonce);
        VALUE.putLong(0, nonce);
        if (producerId >= 0) {
            ENCODER.begin(TARGET, 0, producerId, (short) 0, baseSequence, false);
        } else {
            ENCODER.begin(TARGET, 0);
        }
        for (int i = 0; i < recordCount; i++) {
            ENCODER.add(nonce, null, 0, RecordBatchEncoder.NULL_LENGTH, VALUE, 0, valueLength);
        }
        final byte[] bytes = new byte[ENCODER.end()];
        TARGET.getBytes(0, bytes);
        return new Batch(partitionIndex, producerId, baseSequence, recordCount, new UnsafeBuffer(bytes));
    }

    /** True when the stored bytes are this batch's, whatever the lane stamped. */
    boolean isStoredAs(final UnsafeBuffer stored) {
        return Arrays.equals(
                bytes.byteArray(),
                FIRST_OWN_OFFSET,
                bytes.capacity(),
                stored.byteArray(),
                FIRST_OWN_OFFSET,
                stored.capacity());
    }

    /** Sent again, in another life of the node. */
    void forgetAnswer() {
        endPosition = -1;
        baseOffset = -1;
    }

    @Override
    public String toString() {
        return "batch of partition " + partitionIndex + ", producer " + producerId + ", sequence " + baseSequence
                + ", records " + recordCount + ", offset " + baseOffset + ", end " + endPosition;
    }
}
