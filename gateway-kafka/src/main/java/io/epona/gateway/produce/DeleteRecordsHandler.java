package io.epona.gateway.produce;

import io.epona.controller.ClusterController;
import io.epona.controller.ClusterImage;
import io.epona.controller.PartitionInfo;
import io.epona.controller.TopicInfo;
import io.epona.gateway.RequestContext;
import io.epona.gateway.RequestHandler;
import io.epona.gateway.log.FrameIndex;
import io.epona.gateway.log.Leadership;
import io.epona.gateway.log.PartitionTail;
import io.epona.gateway.net.DeadlineQueue;
import io.epona.partitionlog.PartitionLogs;
import io.epona.runtime.NodeClock;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.message.DeleteRecordsRequestData;
import org.apache.kafka.common.message.DeleteRecordsRequestData.DeleteRecordsPartition;
import org.apache.kafka.common.message.DeleteRecordsRequestData.DeleteRecordsTopic;
import org.apache.kafka.common.message.DeleteRecordsResponseData.DeleteRecordsPartitionResult;
import org.apache.kafka.common.message.DeleteRecordsResponseData.DeleteRecordsTopicResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.DeleteRecordsRequest;
import org.apache.kafka.common.requests.DeleteRecordsResponse;

/**
 * DeleteRecords: moves the first offset of partitions. What is asked for goes through the partition's lane like a batch
 * and is answered when it is committed: on the devices of the in-sync replicas.
 */
public final class DeleteRecordsHandler implements RequestHandler {
    private static final int ANY_EPOCH = -1;

    private final ClusterController controller;
    private final FrameIndex index;
    private final AppendTracker tracker;
    private final PartitionLogs logs;
    private final DeadlineQueue deadlines;
    private final NodeClock clock;

    /** A handler of one gateway thread. */
    public DeleteRecordsHandler(
            final ClusterController controller,
            final FrameIndex index,
            final AppendTracker tracker,
            final PartitionLogs logs,
            final DeadlineQueue deadlines,
            final NodeClock clock) {
        this.controller = controller;
        this.index = index;
        this.tracker = tracker;
        this.logs = logs;
        this.deadlines = deadlines;
        this.clock = clock;
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.DELETE_RECORDS;
    }

    @Override
    public void handle(final RequestContext context, final ApiMessage message) {
        final DeleteRecordsRequestData request = (DeleteRecordsRequestData) message;
        final ClusterImage image = controller.image();
        // Another gateway thread may have acknowledged what this one has not seen yet.
        index.poll(clock.nanoTime());
        final DeleteRecordsOperation operation = new DeleteRecordsOperation(context, deadlines, logs);
        for (final DeleteRecordsTopic topic : request.topics()) {
            final DeleteRecordsTopicResult topicResult = new DeleteRecordsTopicResult().setName(topic.name());
            operation.response().topics().add(topicResult);
            for (final DeleteRecordsPartition asked : topic.partitions()) {
                final DeleteRecordsPartitionResult result = new DeleteRecordsPartitionResult()
                        .setPartitionIndex(asked.partitionIndex())
                        .setLowWatermark(DeleteRecordsResponse.INVALID_LOW_WATERMARK);
                topicResult.partitions().add(result);
                final TopicInfo info = image.topic(topic.name());
                final PartitionInfo partition = info == null ? null : info.partition(asked.partitionIndex());
                final Errors error = judge(image, info, partition);
                if (error == Errors.NONE) {
                    add(operation, partition, asked.offset(), result);
                } else {
                    result.setErrorCode(error.code());
                }
            }
        }
        operation.submit(tracker, clock.nanoTime() + TimeUnit.MILLISECONDS.toNanos(Math.max(0, request.timeoutMs())));
    }

    private Errors judge(final ClusterImage image, final TopicInfo info, final PartitionInfo partition) {
        if (partition == null) {
            return Errors.UNKNOWN_TOPIC_OR_PARTITION;
        }
        if (info.internal()) {
            return Errors.INVALID_TOPIC_EXCEPTION;
        }
        final Errors place = Leadership.judge(image, partition, index.lane(partition), ANY_EPOCH);
        if (place != Errors.NONE) {
            return place;
        }
        // Of compacted records nobody can say up to which offset they may go without leaving old values behind.
        return info.config().compact && !info.config().delete ? Errors.POLICY_VIOLATION : Errors.NONE;
    }

    private void add(
            final DeleteRecordsOperation operation,
            final PartitionInfo partition,
            final long offset,
            final DeleteRecordsPartitionResult result) {
        final PartitionTail tail = index.tail(partition);
        if (tail == null) {
            result.setErrorCode(Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
            return;
        }
        if (!tail.lane().isComplete()) {
            // How far the leader before has committed is not known here yet: the client asks again.
            result.setErrorCode(Errors.NOT_LEADER_OR_FOLLOWER.code());
            return;
        }
        final long startOffset = offset == DeleteRecordsRequest.HIGH_WATERMARK ? tail.highWatermark() : offset;
        final long known = logs.logStartOffset(partition.partitionIndex());
        if (startOffset < 0 || startOffset > tail.highWatermark()) {
            result.setErrorCode(Errors.OFFSET_OUT_OF_RANGE.code());
        } else if (startOffset <= known) {
            result.setLowWatermark(known);
        } else {
            operation.add(new PendingDeletion(operation, partition, startOffset, result));
        }
    }
}
