package io.epona.gateway.produce;

import io.epona.gateway.RequestContext;
import io.epona.gateway.net.Deadline;
import io.epona.gateway.net.DeadlineQueue;
import io.epona.partitionlog.PartitionLogs;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.message.DeleteRecordsResponseData;
import org.apache.kafka.common.message.DeleteRecordsResponseData.DeleteRecordsPartitionResult;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.DeleteRecordsResponse;

/**
 * A request to delete records in progress: answered when the deletion of each partition is committed or refused, or the
 * time that the client gave is over. Gateway thread only.
 */
final class DeleteRecordsOperation extends Deadline {
    private final RequestContext context;
    private final DeadlineQueue deadlines;
    private final PartitionLogs logs;
    private final DeleteRecordsResponseData response = new DeleteRecordsResponseData();
    private final List<PendingDeletion> pending = new ArrayList<>();
    private int openCount;
    private boolean isSubmitted;

    DeleteRecordsOperation(final RequestContext context, final DeadlineQueue deadlines, final PartitionLogs logs) {
        this.context = context;
        this.deadlines = deadlines;
        this.logs = logs;
    }

    DeleteRecordsResponseData response() {
        return response;
    }

    void add(final PendingDeletion deletion) {
        pending.add(deletion);
        openCount++;
    }

    /** Gives all partitions to their lanes. */
    void submit(final AppendTracker tracker, final long deadlineNs) {
        deadlines.schedule(this, deadlineNs);
        pending.forEach(tracker::submit);
        isSubmitted = true;
        finishIfAnswered();
    }

    void onDeleted(final PendingDeletion deletion, final DeleteRecordsPartitionResult result) {
        final int partitionIndex = deletion.partition.partitionIndex();
        logs.raiseLogStartOffset(partitionIndex, deletion.startOffset);
        result.setErrorCode(Errors.NONE.code()).setLowWatermark(logs.logStartOffset(partitionIndex));
        openCount--;
        finishIfAnswered();
    }

    void onRefused(final DeleteRecordsPartitionResult result, final Errors error) {
        result.setErrorCode(error.code()).setLowWatermark(DeleteRecordsResponse.INVALID_LOW_WATERMARK);
        openCount--;
        finishIfAnswered();
    }

    private void finishIfAnswered() {
        if (isSubmitted && openCount == 0) {
            isSubmitted = false;
            deadlines.cancel(this);
            context.respond(response);
        }
    }

    @Override
    protected void onDeadline(final long nowNs) {
        for (final PendingDeletion deletion : pending) {
            deletion.onRefused(Errors.REQUEST_TIMED_OUT);
        }
    }
}
