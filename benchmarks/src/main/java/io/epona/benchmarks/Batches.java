package io.epona.benchmarks;

import io.epona.codec.RecordBatchEncoder;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;

/** Record batches to measure with: random values, so that nothing is predicted. */
final class Batches {
    private static final long TIMESTAMP_MS = 1_700_000_000_000L;
    private static final int KEY_LENGTH = 8;
    /** More than a record's and a batch's own bytes. */
    private static final int OVERHEAD_LENGTH = 128;

    private Batches() {}

    /** One batch off the heap, its capacity exactly its length. */
    static UnsafeBuffer of(final int recordCount, final int valueLength) {
        final UnsafeBuffer values = new UnsafeBuffer(new byte[valueLength + KEY_LENGTH]);
        final UnsafeBuffer buffer = Memory.offHeap(OVERHEAD_LENGTH + recordCount * (valueLength + OVERHEAD_LENGTH));
        final RecordBatchEncoder encoder = new RecordBatchEncoder();
        encoder.begin(buffer, 0);
        final Random random = new Random(recordCount);
        for (int i = 0; i < recordCount; i++) {
            random.nextBytes(values.byteArray());
            encoder.add(TIMESTAMP_MS + i, values, valueLength, KEY_LENGTH, values, 0, valueLength);
        }
        final int length = encoder.end();
        final UnsafeBuffer exact = Memory.offHeap(length);
        exact.putBytes(0, buffer, 0, length);
        return exact;
    }
}
