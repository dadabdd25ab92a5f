package io.epona.sequencer;

import io.epona.codec.RecordBatchDescriptor;
import io.epona.codec.RecordBatchEncoder;
import java.nio.charset.StandardCharsets;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;

/** Makes record batches for tests: whole, valid, uncompressed. */
final class Batches {
    private Batches() {}

    static UnsafeBuffer plain(final int recordCount, final int valueLength) {
        return of(RecordBatchDescriptor.NO_PRODUCER_ID, -1, -1, recordCount, "v".repeat(valueLength), 0);
    }

    static UnsafeBuffer idempotent(
            final long producerId, final int epoch, final int baseSequence, final int recordCount) {
        return of(producerId, epoch, baseSequence, recordCount, "value", 0);
    }

    static UnsafeBuffer transactional(
            final long producerId, final int epoch, final int baseSequence, final int recordCount) {
        return of(producerId, epoch, baseSequence, recordCount, "value", 0, true);
    }

    static UnsafeBuffer marker(
            final long producerId,
            final int epoch,
            final int coordinatorEpoch,
            final boolean isCommit,
            final long timestampMs) {
        final MemoryRecords records = MemoryRecords.withEndTransactionMarker(
                0,
                timestampMs,
                RecordBatchDescriptor.NO_PARTITION_LEADER_EPOCH,
                producerId,
                (short) epoch,
                new EndTransactionMarker(
                        isCommit ? ControlRecordType.COMMIT : ControlRecordType.ABORT, coordinatorEpoch));
        final byte[] bytes = new byte[records.sizeInBytes()];
        records.buffer().get(bytes);
        return new UnsafeBuffer(bytes);
    }

    static UnsafeBuffer of(
            final long producerId,
            final int epoch,
            final int baseSequence,
            final int recordCount,
            final String value,
            final long timestampMs) {
        return of(producerId, epoch, baseSequence, recordCount, value, timestampMs, false);
    }

    static UnsafeBuffer of(
            final long producerId,
            final int epoch,
            final int baseSequence,
            final int recordCount,
            final String value,
            final long timestampMs,
            final boolean isTransactional) {
        final byte[] bytes = value.getBytes(StandardCharsets.US_ASCII);
        final UnsafeBuffer values = new UnsafeBuffer(bytes);
        final ExpandableArrayBuffer buffer = new ExpandableArrayBuffer(128 + recordCount * (bytes.length + 32));
        final RecordBatchEncoder encoder = new RecordBatchEncoder();
        encoder.begin(buffer, 0, producerId, (short) epoch, baseSequence, isTransactional);
        for (int i = 0; i < recordCount; i++) {
            if (!encoder.add(timestampMs, null, 0, RecordBatchEncoder.NULL_LENGTH, values, 0, bytes.length)) {
                throw new IllegalStateException("batch does not fit: recordCount=" + recordCount);
            }
        }
        final int length = encoder.end();
        final byte[] batch = new byte[length];
        buffer.getBytes(0, batch);
        return new UnsafeBuffer(batch);
    }
}
