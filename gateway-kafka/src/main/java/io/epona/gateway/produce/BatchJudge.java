package io.epona.gateway.produce;

import io.epona.codec.Crc32c;
import io.epona.codec.RecordBatchCheck;
import io.epona.codec.RecordBatchDescriptor;
import io.epona.codec.RecordBatchValidator;
import io.epona.runtime.NodeClock;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.message.ProduceResponseData.BatchIndexAndErrorMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.common.utils.CloseableIterator;
import org.apache.kafka.storage.internals.log.LogConfig;

/**
 * Decides whether a batch of a produce request may be appended to a topic, as Kafka's request checks, log and validator
 * together do, and stamps it with the time of append where the topic wants that. Gateway thread only. After
 * {@link #judge} has accepted a batch the getters tell what it found.
 */
final class BatchJudge {
    /** Produce version from which clients know zstd. */
    private static final int FIRST_VERSION_WITH_ZSTD = 7;

    private static final int ZSTD = 4;
    private static final int MAX_RECORD_ERRORS = 1000;

    private final NodeClock clock;
    private final RecordBatchValidator validator = new RecordBatchValidator();
    private final Crc32c crc32c = new Crc32c();
    private final BufferSupplier bufferSupplier = BufferSupplier.create();

    private long minTimestampMs;
    private long maxTimestampMs;
    private long appendTimeMs;
    private boolean isLogAppendTime;

    BatchJudge(final NodeClock clock) {
        this.clock = clock;
    }

    /**
     * What a produce request says of its batches.
     *
     * @param version of the request.
     * @param isTransactional whether it names a transactional id.
     */
    record Request(short version, boolean isTransactional) {}

    /** Largest timestamp in the batch, ms. */
    long maxTimestampMs() {
        return maxTimestampMs;
    }

    /** Whether the batch now carries the time of append. */
    boolean isLogAppendTime() {
        return isLogAppendTime;
    }

    /** Time of append, ms; never goes back. */
    long appendTimeMs() {
        return appendTimeMs;
    }

    /**
     * Judges a batch.
     *
     * @param batch its bytes, which may be stamped.
     * @param length of the bytes.
     * @param records the same bytes, for Kafka's classes.
     * @param request that it came in.
     * @param config of the topic.
     * @return null to append it.
     */
    BatchVerdict judge(
            final UnsafeBuffer batch,
            final int length,
            final MemoryRecords records,
            final Request request,
            final LogConfig config) {
        if (length > config.maxMessageSize()) {
            return BatchVerdict.of(
                    Errors.MESSAGE_TOO_LARGE,
                    "The record batch size is " + length + " bytes which exceeds the maximum configured value of "
                            + config.maxMessageSize() + ".");
        }
        final RecordBatchCheck check = validator.check(batch, 0, length);
        if (check != RecordBatchCheck.VALID) {
            return BatchVerdict.of(
                    Errors.forCode(check.kafkaErrorCode()), "The record batch was refused: " + check + '.');
        }
        final BatchVerdict flags = judgeFlags(batch, request);
        if (flags != null) {
            return flags;
        }
        appendTimeMs = Math.max(appendTimeMs, clock.epochMs());
        minTimestampMs = validator.minTimestamp();
        maxTimestampMs = validator.maxTimestamp();
        if (!validator.recordsWalked()) {
            final BatchVerdict compressed = walkCompressed(records, RecordBatchDescriptor.recordCount(batch, 0));
            if (compressed != null) {
                return compressed;
            }
        }
        if (config.compact) {
            final BatchVerdict keys = judgeKeys(records);
            if (keys != null) {
                return keys;
            }
        }
        isLogAppendTime = config.messageTimestampType == TimestampType.LOG_APPEND_TIME;
        return isLogAppendTime ? stampAppendTime(batch) : judgeCreateTime(batch, records, config);
    }

    private static BatchVerdict judgeFlags(final UnsafeBuffer batch, final Request request) {
        final short version = request.version();
        if (RecordBatchDescriptor.isControl(batch, 0)) {
            return BatchVerdict.of(Errors.INVALID_RECORD, "Clients are not allowed to write control records.");
        }
        if (RecordBatchDescriptor.isTransactional(batch, 0)
                && (!request.isTransactional() || RecordBatchDescriptor.producerId(batch, 0) < 0)) {
            return BatchVerdict.of(
                    Errors.INVALID_TXN_STATE, "The record batch is transactional, but no transaction is ongoing.");
        }
        if (RecordBatchDescriptor.compression(batch, 0) == ZSTD && version < FIRST_VERSION_WITH_ZSTD) {
            return BatchVerdict.of(
                    Errors.UNSUPPORTED_COMPRESSION_TYPE,
                    "Produce requests with version " + version + " are not allowed to use ZStandard compression.");
        }
        return null;
    }

    /** Compaction would drop a record without a key, so nobody may write one. */
    private BatchVerdict judgeKeys(final MemoryRecords records) {
        final List<BatchIndexAndErrorMessage> errors = new ArrayList<>();
        int keylessCount = 0;
        int index = 0;
        final MutableRecordBatch batch = records.batches().iterator().next();
        try (CloseableIterator<Record> iterator = batch.skipKeyValueIterator(bufferSupplier)) {
            while (iterator.hasNext()) {
                if (!iterator.next().hasKey()) {
                    keylessCount++;
                    if (errors.size() < MAX_RECORD_ERRORS) {
                        errors.add(new BatchIndexAndErrorMessage()
                                .setBatchIndex(index)
                                .setBatchIndexErrorMessage("Compacted topic cannot accept message without key."));
                    }
                }
                index++;
            }
        }
        return keylessCount == 0
                ? null
                : new BatchVerdict(
                        Errors.INVALID_RECORD,
                        "Compacted topic cannot accept message without key: records without one=" + keylessCount
                                + ", records in the batch=" + index + '.',
                        errors);
    }

    private BatchVerdict stampAppendTime(final UnsafeBuffer batch) {
        maxTimestampMs = appendTimeMs;
        RecordBatchDescriptor.stampMaxTimestamp(batch, 0, true, appendTimeMs);
        RecordBatchDescriptor.stampCrc(batch, 0, crc32c);
        return null;
    }

    private BatchVerdict judgeCreateTime(
            final UnsafeBuffer batch, final MemoryRecords records, final LogConfig config) {
        if (isOutOfRange(minTimestampMs, config) || isOutOfRange(maxTimestampMs, config)) {
            final List<BatchIndexAndErrorMessage> errors = outOfRange(records, config);
            if (!errors.isEmpty()) {
                return new BatchVerdict(
                        Errors.INVALID_TIMESTAMP,
                        "One or more records have been rejected due to invalid timestamp",
                        errors);
            }
        }
        if (maxTimestampMs != RecordBatchDescriptor.maxTimestamp(batch, 0)) {
            RecordBatchDescriptor.stampMaxTimestamp(batch, 0, false, maxTimestampMs);
            RecordBatchDescriptor.stampCrc(batch, 0, crc32c);
        }
        return null;
    }

    private boolean isOutOfRange(final long timestampMs, final LogConfig config) {
        final long ageMs = appendTimeMs - timestampMs;
        return timestampMs != RecordBatchDescriptor.NO_TIMESTAMP
                && (ageMs > config.messageTimestampBeforeMaxMs || -ageMs > config.messageTimestampAfterMaxMs);
    }

    private List<BatchIndexAndErrorMessage> outOfRange(final MemoryRecords records, final LogConfig config) {
        final List<BatchIndexAndErrorMessage> errors = new ArrayList<>();
        int index = 0;
        for (final Record record : records.records()) {
            if (errors.size() < MAX_RECORD_ERRORS && isOutOfRange(record.timestamp(), config)) {
                errors.add(new BatchIndexAndErrorMessage()
                        .setBatchIndex(index)
                        .setBatchIndexErrorMessage("Timestamp " + record.timestamp() + " of message with offset "
                                + record.offset() + " is out of range. The timestamp should be within ["
                                + (appendTimeMs - config.messageTimestampBeforeMaxMs) + ", "
                                + (appendTimeMs + config.messageTimestampAfterMaxMs) + "]"));
            }
            index++;
        }
        return errors;
    }

    /** Decompresses a batch to check what only its records tell: their number, their offsets, their timestamps. */
    private BatchVerdict walkCompressed(final MemoryRecords records, final int recordCount) {
        final MutableRecordBatch batch = records.batches().iterator().next();
        minTimestampMs = Long.MAX_VALUE;
        maxTimestampMs = RecordBatchDescriptor.NO_TIMESTAMP;
        long offset = 0;
        try (CloseableIterator<Record> iterator = batch.skipKeyValueIterator(bufferSupplier)) {
            while (iterator.hasNext()) {
                final Record record = iterator.next();
                if (record.offset() != offset) {
                    return BatchVerdict.of(
                            Errors.INVALID_RECORD,
                            "Inner record offset " + record.offset() + " where " + offset + " was expected.");
                }
                minTimestampMs = Math.min(minTimestampMs, record.timestamp());
                maxTimestampMs = Math.max(maxTimestampMs, record.timestamp());
                offset++;
            }
        } catch (final KafkaException | IllegalArgumentException | java.nio.BufferUnderflowException ex) {
            return BatchVerdict.of(Errors.INVALID_RECORD, "The compressed records cannot be read: " + ex.getMessage());
        }
        return offset == recordCount
                ? null
                : BatchVerdict.of(
                        Errors.INVALID_RECORD,
                        "The record batch says it has " + recordCount + " records, but it has " + offset + '.');
    }
}
