package io.epona.gateway.produce;

import io.epona.controller.PartitionInfo;
import org.agrona.concurrent.UnsafeBuffer;
import org.apache.kafka.common.message.ProduceResponseData.PartitionProduceResponse;

/** One batch on its way through a lane: {@code JUDGED -> OFFERED -> APPENDED -> ANSWERED}. Gateway thread only. */
final class PendingAppend {
    private static final int NO_SLOT = -1;

    final ProduceOperation operation;
    final PartitionInfo partition;
    final PartitionProduceResponse response;
    final UnsafeBuffer batch;
    final long batchTimestampMs;

    int slot = NO_SLOT;
    long endPosition;
    boolean isAnswered;

    /**
     * A judged batch.
     *
     * @param batchTimestampMs largest timestamp that the producer gave; negative when there is none to measure from.
     */
    PendingAppend(
            final ProduceOperation operation,
            final PartitionInfo partition,
            final PartitionProduceResponse response,
            final UnsafeBuffer batch,
            final long batchTimestampMs) {
        this.operation = operation;
        this.partition = partition;
        this.response = response;
        this.batch = batch;
        this.batchTimestampMs = batchTimestampMs;
    }
}
