package io.epona.codec;

/**
 * What {@link RecordBatchValidator} found. For anything but {@link #VALID}: append nothing and answer with
 * {@link #kafkaErrorCode()}, which is what Kafka answers in that case unless the value says otherwise.
 */
public enum RecordBatchCheck {
    /** Exactly one good batch; append it. */
    VALID(0),

    /** No whole batch: fewer bytes than a header, or than the length field says. Answer INVALID_RECORD. */
    TRUNCATED(87),

    /** The length field is less than a batch's overhead. Answer CORRUPT_MESSAGE. */
    BAD_LENGTH(2),

    /** More bytes follow the batch; a produce request carries one batch per partition. Answer INVALID_RECORD. */
    TRAILING_BYTES(87),

    /** Not magic 2: a message set of a client older than Kafka 0.11. Answer INVALID_RECORD. */
    BAD_MAGIC(87),

    /** The checksum does not match: damaged on the way. Answer CORRUPT_MESSAGE; the client sends again. */
    BAD_CRC(2),

    /** The base offset is not 0, which only a broker assigns. Answer INVALID_RECORD. */
    BAD_BASE_OFFSET(87),

    /**
     * A compression codec that nobody knows. Answer UNSUPPORTED_COMPRESSION_TYPE (Kafka fails with
     * UNKNOWN_SERVER_ERROR).
     */
    UNKNOWN_COMPRESSION(76),

    /**
     * Attribute bits that a client may not set: delete horizon, unused ones (Kafka ignores them). Answer
     * INVALID_RECORD.
     */
    BAD_ATTRIBUTES(87),

    /**
     * Marked as stamped with the time of append, which only a broker does. Answer INVALID_TIMESTAMP. (Kafka puts up
     * with it where the topic keeps the times of creation.)
     */
    BAD_TIMESTAMP_TYPE(32),

    /** No records, or the count is not the last offset delta plus one. Answer INVALID_RECORD. */
    BAD_COUNT(87),

    /** A producer id without sequence number, or (where Kafka looks away) without epoch. Answer INVALID_RECORD. */
    BAD_PRODUCER(87),

    /**
     * A record's length, varints, key, value or headers do not add up, or bytes are left over. Answer INVALID_RECORD.
     */
    BAD_RECORD(87),

    /** Records are not numbered 0, 1, 2, ... (Kafka does not look, and stores them so.) Answer INVALID_RECORD. */
    BAD_OFFSET_DELTA(87);

    private final short kafkaErrorCode;

    RecordBatchCheck(final int kafkaErrorCode) {
        this.kafkaErrorCode = (short) kafkaErrorCode;
    }

    /** Code of Kafka's protocol to answer with; 0 for none. */
    public short kafkaErrorCode() {
        return kafkaErrorCode;
    }
}
