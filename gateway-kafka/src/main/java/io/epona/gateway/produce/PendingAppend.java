package io.epona.gateway.produce;

import io.epona.controller.PartitionInfo;
import io.epona.gateway.log.LaneTail;
import io.epona.sequencer.AppendOrigin;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.ProduceResponseData.PartitionProduceResponse;
import org.apache.kafka.common.protocol.Errors;

/** One batch on its way through a lane: {@code JUDGED -> OFFERED -> APPENDED -> ANSWERED}. Gateway thread only. */
final class PendingAppend extends PendingAnswers.Pending implements TransactionChecks.Batch {
    private static final short ACKS_ALL = -1;
    private static final int MAX_MIN_IN_SYNC = 0xFFFF;

    final ProduceOperation operation;
    final PartitionInfo partition;
    final PartitionProduceResponse response;
    final UnsafeBuffer batch;
    final long batchTimestampMs;
    final int minInSync;

    boolean isAnswered;
    long origin = AppendOrigin.CLIENT;
    private LaneTail lane;
    private ProduceMeters meters;

    /**
     * A judged batch.
     *
     * @param minInSync the topic's fewest in-sync replicas, which counts for acks=all only.
     * @param batchTimestampMs largest timestamp that the producer gave; negative when there is none to measure from.
     */
    PendingAppend(
            final ProduceOperation operation,
            final PartitionInfo partition,
            final PartitionProduceResponse response,
            final UnsafeBuffer batch,
            final int minInSync,
            final long batchTimestampMs) {
        this.operation = operation;
        this.partition = partition;
        this.response = response;
        this.batch = batch;
        this.minInSync = operation.acks() == ACKS_ALL ? Math.min(minInSync, MAX_MIN_IN_SYNC) : 0;
        this.batchTimestampMs = batchTimestampMs;
    }

    /** The lane has appended it. */
    void appended(final LaneTail byLane, final ProduceMeters byMeters) {
        lane = byLane;
        meters = byMeters;
    }

    @Override
    public DirectBuffer bytes() {
        return batch;
    }

    @Override
    public TopicPartition topicPartition() {
        return partition.topicPartition();
    }

    @Override
    public String transactionalId() {
        return operation.transactionalId();
    }

    @Override
    public short apiVersion() {
        return operation.exchange().apiVersion();
    }

    @Override
    public boolean isOver() {
        return isAnswered || operation.isDone();
    }

    @Override
    public void verified(final int verification) {
        origin = AppendOrigin.verified(verification);
    }

    @Override
    public void refused(final Errors error, final String message) {
        operation.refuse(response, error, message);
        operation.onAnswered(this);
    }

    @Override
    protected boolean isAnswered() {
        return isAnswered;
    }

    @Override
    protected void onAcknowledged() {
        operation.onAnswered(this);
        meters.onAcknowledged(lane.committedTimeNs());
    }

    @Override
    protected void onTooFewReplicas() {
        operation.refuse(
                response,
                Errors.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
                "The batch was written with fewer than " + minInSync + " in-sync replicas.");
        operation.onAnswered(this);
    }

    @Override
    protected void onLeadershipLost() {
        operation.refuseLeader(response, partition);
        operation.onAnswered(this);
    }
}
