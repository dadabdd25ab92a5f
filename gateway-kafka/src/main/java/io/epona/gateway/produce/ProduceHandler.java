package io.epona.gateway.produce;

import io.epona.controller.ClusterController;
import io.epona.controller.ClusterImage;
import io.epona.controller.PartitionInfo;
import io.epona.controller.TopicInfo;
import io.epona.gateway.LeaderHints;
import io.epona.gateway.RequestContext;
import io.epona.gateway.RequestHandler;
import io.epona.gateway.net.DeadlineQueue;
import io.epona.gateway.net.Exchange;
import io.epona.partitionlog.PartitionLogs;
import io.epona.runtime.NodeClock;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.message.ProduceResponseData.PartitionProduceResponse;
import org.apache.kafka.common.message.ProduceResponseData.TopicProduceResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;

/** Produce: judges each batch and gives the good ones to their lanes. */
public final class ProduceHandler implements RequestHandler {
    private static final short ACKS_ALL = -1;
    private static final long NO_TIMESTAMP = -1;

    private final ClusterController controller;
    private final PartitionLogs partitionLogs;
    private final AppendTracker tracker;
    private final DeadlineQueue deadlines;
    private final NodeClock clock;
    private final ProduceMeters meters;
    private final LeaderHints hints;
    private final BatchJudge judge;
    private final boolean hasTransactions;

    /**
     * A handler of one gateway thread.
     *
     * @param controller for topics and their configuration.
     * @param partitionLogs for the start of partitions.
     * @param tracker of this gateway.
     * @param deadlines of this gateway.
     * @param clock of the node.
     * @param meters of this gateway.
     * @param hasTransactions whether there is a transaction coordinator.
     */
    public ProduceHandler(
            final ClusterController controller,
            final PartitionLogs partitionLogs,
            final AppendTracker tracker,
            final DeadlineQueue deadlines,
            final NodeClock clock,
            final ProduceMeters meters,
            final boolean hasTransactions) {
        this.hasTransactions = hasTransactions;
        this.controller = controller;
        this.partitionLogs = partitionLogs;
        this.tracker = tracker;
        this.deadlines = deadlines;
        this.clock = clock;
        this.meters = meters;
        this.hints = new LeaderHints(controller);
        this.judge = new BatchJudge(clock);
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.PRODUCE;
    }

    @Override
    public void handle(final RequestContext context, final ApiMessage message) {
        final Exchange exchange = (Exchange) context;
        final ProduceRequestData request = (ProduceRequestData) message;
        final ProduceOperation operation =
                new ProduceOperation(exchange, request.acks(), request.transactionalId(), deadlines, hints);
        exchange.onClosed(operation::abandon);
        if (request.transactionalId() != null) {
            exchange.holdFrame();
        }
        final ClusterImage image = controller.image();
        final boolean isAcksValid = request.acks() >= ACKS_ALL && request.acks() <= 1;
        for (final TopicProduceData topic : request.topicData()) {
            final List<PartitionProduceResponse> partitions =
                    new ArrayList<>(topic.partitionData().size());
            operation
                    .response()
                    .responses()
                    .add(new TopicProduceResponse()
                            .setName(topic.name())
                            .setTopicId(topic.topicId())
                            .setPartitionResponses(partitions));
            for (final PartitionProduceData partition : topic.partitionData()) {
                final PartitionProduceResponse response = new PartitionProduceResponse().setIndex(partition.index());
                partitions.add(response);
                if (!isAcksValid) {
                    refuse(operation, response, BatchVerdict.of(Errors.INVALID_REQUIRED_ACKS, null));
                } else if (request.transactionalId() != null && !hasTransactions) {
                    refuse(
                            operation,
                            response,
                            BatchVerdict.of(Errors.INVALID_TXN_STATE, "Transactions are not available here."));
                } else if (request.transactionalId() != null && request.acks() != ACKS_ALL) {
                    refuse(
                            operation,
                            response,
                            BatchVerdict.of(
                                    Errors.INVALID_REQUIRED_ACKS,
                                    "Transactions need acks=all, or they could lose"
                                            + " records that their end commits."));
                } else {
                    add(operation, response, partition, topic, image);
                }
            }
        }
        operation.startTimer(clock.nanoTime() + TimeUnit.MILLISECONDS.toNanos(Math.max(0, request.timeoutMs())));
        tracker.submit(operation);
        operation.finishIfAnswered();
    }

    private static TopicInfo topicOf(final ClusterImage image, final TopicProduceData topic) {
        return topic.topicId().equals(Uuid.ZERO_UUID) ? image.topic(topic.name()) : image.topic(topic.topicId());
    }

    private void add(
            final ProduceOperation operation,
            final PartitionProduceResponse response,
            final PartitionProduceData data,
            final TopicProduceData topic,
            final ClusterImage image) {
        final TopicInfo info = topicOf(image, topic);
        final PartitionInfo partition = info == null ? null : info.partition(data.index());
        final BatchVerdict place = judgePlace(image, topic, info, partition, operation.acks());
        if (place != null) {
            refuse(operation, response, place);
            if (place.error() == Errors.NOT_LEADER_OR_FOLLOWER) {
                operation.refuseLeader(response, partition);
            }
            return;
        }
        if (!(data.records() instanceof MemoryRecords records) || records.sizeInBytes() == 0) {
            refuse(
                    operation,
                    response,
                    BatchVerdict.of(Errors.INVALID_RECORD, "Produce requests must have at least one record batch."));
            return;
        }
        final ByteBuffer bytes = records.buffer();
        final UnsafeBuffer batch = new UnsafeBuffer(bytes, bytes.position(), bytes.remaining());
        BatchVerdict verdict = judge.judge(
                batch,
                batch.capacity(),
                records,
                new BatchJudge.Request(operation.exchange().apiVersion(), operation.transactionalId() != null),
                info.config());
        if (verdict == null && batch.capacity() > tracker.maxBatchLength(partition.laneId())) {
            verdict = BatchVerdict.of(
                    Errors.MESSAGE_TOO_LARGE,
                    "The record batch is longer than a command ring takes: length=" + batch.capacity() + ", limit="
                            + tracker.maxBatchLength(partition.laneId()));
        }
        if (verdict != null) {
            refuse(operation, response, verdict);
            return;
        }
        response.setLogAppendTimeMs(judge.isLogAppendTime() ? judge.appendTimeMs() : NO_TIMESTAMP)
                .setLogStartOffset(partitionLogs.logStartOffset(partition.partitionIndex()));
        final long measuredMs = judge.isLogAppendTime() ? NO_TIMESTAMP : judge.maxTimestampMs();
        operation.add(
                new PendingAppend(operation, partition, response, batch, info.config().minInSyncReplicas, measuredMs));
    }

    private BatchVerdict judgePlace(
            final ClusterImage image,
            final TopicProduceData topic,
            final TopicInfo info,
            final PartitionInfo partition,
            final short acks) {
        if (info == null && !topic.topicId().equals(Uuid.ZERO_UUID)) {
            return BatchVerdict.of(Errors.UNKNOWN_TOPIC_ID, null);
        }
        if (partition == null) {
            return BatchVerdict.of(Errors.UNKNOWN_TOPIC_OR_PARTITION, null);
        }
        final boolean isLed = tracker.leads(partition);
        if (partition.leader() != image.nodeId() || !isLed && !tracker.isAboutToLead(partition)) {
            return BatchVerdict.of(Errors.NOT_LEADER_OR_FOLLOWER, null);
        }
        if (info.internal()) {
            return BatchVerdict.of(
                    Errors.INVALID_TOPIC_EXCEPTION, "Cannot append to internal topic " + info.name() + '.');
        }
        final int minInSync = info.config().minInSyncReplicas;
        if (isLed && acks == ACKS_ALL && tracker.inSync(partition) < minInSync) {
            // The lane looks again when it appends.
            return BatchVerdict.of(
                    Errors.NOT_ENOUGH_REPLICAS,
                    "The size of the current ISR " + partition.isr() + " is insufficient to satisfy the min.isr"
                            + " requirement of " + minInSync + " for partition " + partition.topicPartition() + '.');
        }
        return null;
    }

    private void refuse(
            final ProduceOperation operation, final PartitionProduceResponse response, final BatchVerdict verdict) {
        meters.onRefused();
        operation.refuse(response, verdict.error(), verdict.message());
        if (!verdict.recordErrors().isEmpty()) {
            response.setRecordErrors(verdict.recordErrors());
        }
    }
}
