package io.epona.gateway.produce;

import io.epona.controller.PartitionInfo;
import org.apache.kafka.common.message.DeleteRecordsResponseData.DeleteRecordsPartitionResult;
import org.apache.kafka.common.protocol.Errors;

/** One partition's deletion of records on its way through a lane. Gateway thread only. */
final class PendingDeletion extends PendingAnswers.Pending {
    final PartitionInfo partition;
    final long startOffset;
    private final DeleteRecordsOperation operation;
    private final DeleteRecordsPartitionResult result;
    private boolean isAnswered;

    PendingDeletion(
            final DeleteRecordsOperation operation,
            final PartitionInfo partition,
            final long startOffset,
            final DeleteRecordsPartitionResult result) {
        this.operation = operation;
        this.partition = partition;
        this.startOffset = startOffset;
        this.result = result;
    }

    @Override
    protected boolean isAnswered() {
        return isAnswered;
    }

    @Override
    protected void onAcknowledged() {
        isAnswered = true;
        operation.onDeleted(this, result);
    }

    @Override
    protected void onTooFewReplicas() {
        throw new IllegalStateException("deletions ask for no number of replicas: partition=" + partition);
    }

    @Override
    protected void onLeadershipLost() {
        onRefused(Errors.NOT_LEADER_OR_FOLLOWER);
    }

    /** Nothing was deleted, or nobody knows. */
    void onRefused(final Errors error) {
        if (!isAnswered) {
            isAnswered = true;
            operation.onRefused(result, error);
        }
    }
}
