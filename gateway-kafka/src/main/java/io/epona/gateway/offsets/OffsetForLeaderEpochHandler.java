package io.epona.gateway.offsets;

import io.epona.controller.ClusterController;
import io.epona.controller.ClusterImage;
import io.epona.controller.PartitionInfo;
import io.epona.gateway.RequestContext;
import io.epona.gateway.RequestHandler;
import io.epona.gateway.log.FrameIndex;
import io.epona.gateway.log.PartitionTail;
import io.epona.partitionlog.PartitionLogs;
import io.epona.runtime.NodeClock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderPartition;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderTopic;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData.EpochEndOffset;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData.OffsetForLeaderTopicResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/** OffsetForLeaderEpoch: where an epoch of a partition ends. */
public final class OffsetForLeaderEpochHandler implements RequestHandler {
    private final ClusterController controller;
    private final FrameIndex index;
    private final NodeClock clock;
    private final PartitionLogs logs;
    private final Executor coldReads;

    /** What is to be asked of a partition's log. */
    private record Question(int partitionIndex, int epoch, EpochEndOffset answer) {}

    /** A handler of one gateway thread. */
    public OffsetForLeaderEpochHandler(
            final ClusterController controller,
            final FrameIndex index,
            final NodeClock clock,
            final PartitionLogs logs,
            final Executor coldReads) {
        this.controller = controller;
        this.index = index;
        this.clock = clock;
        this.logs = logs;
        this.coldReads = coldReads;
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.OFFSET_FOR_LEADER_EPOCH;
    }

    @Override
    public void handle(final RequestContext context, final ApiMessage message) {
        final OffsetForLeaderEpochRequestData request = (OffsetForLeaderEpochRequestData) message;
        final OffsetForLeaderEpochResponseData response = new OffsetForLeaderEpochResponseData();
        final ClusterImage image = controller.image();
        // Another gateway thread may have acknowledged what this one has not seen yet.
        index.poll(clock.nanoTime());
        final List<Question> questions = new ArrayList<>();
        for (final OffsetForLeaderTopic topic : request.topics()) {
            final OffsetForLeaderTopicResult result = new OffsetForLeaderTopicResult().setTopic(topic.topic());
            for (final OffsetForLeaderPartition partition : topic.partitions()) {
                final EpochEndOffset answer = new EpochEndOffset().setPartition(partition.partition());
                result.partitions().add(answer);
                answer(image, image.partition(topic.topic(), partition.partition()), partition, answer, questions);
            }
            response.topics().add(result);
        }
        if (questions.isEmpty()) {
            context.respond(response);
        } else {
            context.onGatewayThread(
                    CompletableFuture.runAsync(() -> questions.forEach(this::ask), coldReads), (done, error) -> {
                        if (error == null) {
                            context.respond(response);
                        } else {
                            context.fail(error);
                        }
                    });
        }
    }

    private void answer(
            final ClusterImage image,
            final PartitionInfo partition,
            final OffsetForLeaderPartition asked,
            final EpochEndOffset answer,
            final List<Question> questions) {
        final Errors error = PartitionChecks.judge(image, partition, asked.currentLeaderEpoch());
        final PartitionTail tail = error == Errors.NONE ? index.tail(partition) : null;
        if (tail == null) {
            answer.setErrorCode((error == Errors.NONE ? Errors.UNKNOWN_TOPIC_OR_PARTITION : error).code());
        } else if (tail.lane().isBehind()) {
            answer.setErrorCode(Errors.OFFSET_NOT_AVAILABLE.code());
        } else if (asked.leaderEpoch() == partition.leaderEpoch()) {
            answer.setLeaderEpoch(asked.leaderEpoch()).setEndOffset(tail.highWatermark());
        } else if (asked.leaderEpoch() >= 0 && asked.leaderEpoch() < partition.leaderEpoch()) {
            questions.add(new Question(partition.partitionIndex(), asked.leaderEpoch(), answer));
        }
    }

    /** Asks the log, which knows all epochs but the present one; on a thread that may wait. */
    private void ask(final Question question) {
        logs.endOffsetForEpoch(question.partitionIndex(), question.epoch())
                .ifPresentOrElse(
                        found -> question.answer()
                                .setLeaderEpoch(found.leaderEpoch())
                                .setEndOffset(found.endOffset()),
                        // Older than all that is kept: everything that is there came later.
                        () -> question.answer()
                                .setLeaderEpoch(question.epoch())
                                .setEndOffset(logs.logStartOffset(question.partitionIndex())));
    }
}
