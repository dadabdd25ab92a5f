package io.epona.gateway.offsets;

import io.epona.controller.ClusterController;
import io.epona.controller.ClusterImage;
import io.epona.controller.PartitionInfo;
import io.epona.gateway.RequestContext;
import io.epona.gateway.RequestHandler;
import io.epona.gateway.log.FrameIndex;
import io.epona.gateway.log.PartitionTail;
import io.epona.partitionlog.EpochSearch;
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

/**
 * OffsetForLeaderEpoch: where an epoch of a partition ends, by which clients find out whether records that they have
 * read are still there after a change of leader. What was drained is in the partition's log, which is asked on a thread
 * that may wait; what came after it is in memory.
 */
public final class OffsetForLeaderEpochHandler implements RequestHandler {
    /** How often a log is asked again because it took records over from memory meanwhile. */
    private static final int MAX_SEARCHES = 5;

    private final ClusterController controller;
    private final FrameIndex index;
    private final NodeClock clock;
    private final PartitionLogs logs;
    private final Executor coldReads;

    /** What is to be asked of a partition's log. */
    private static final class Question {
        final PartitionTail tail;
        final int epoch;
        final EpochEndOffset answer;
        EpochSearch inLog;

        Question(final PartitionTail tail, final int epoch, final EpochEndOffset answer) {
            this.tail = tail;
            this.epoch = epoch;
            this.answer = answer;
        }
    }

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
        search(context, response, questions, 1);
    }

    private void answer(
            final ClusterImage image,
            final PartitionInfo partition,
            final OffsetForLeaderPartition asked,
            final EpochEndOffset answer,
            final List<Question> questions) {
        final Errors error = PartitionChecks.judge(image, index, partition, asked.currentLeaderEpoch());
        final PartitionTail tail = error == Errors.NONE ? index.tail(partition) : null;
        if (tail == null) {
            answer.setErrorCode((error == Errors.NONE ? Errors.UNKNOWN_TOPIC_OR_PARTITION : error).code());
        } else if (!tail.lane().isComplete()) {
            // An end that is too low would look like records lost.
            answer.setErrorCode(Errors.OFFSET_NOT_AVAILABLE.code());
        } else if (asked.leaderEpoch() == partition.leaderEpoch()) {
            answer.setLeaderEpoch(asked.leaderEpoch()).setEndOffset(tail.highWatermark());
        } else if (asked.leaderEpoch() >= 0 && asked.leaderEpoch() < partition.leaderEpoch()) {
            questions.add(new Question(tail, asked.leaderEpoch(), answer));
        }
    }

    private void search(
            final RequestContext context,
            final OffsetForLeaderEpochResponseData response,
            final List<Question> questions,
            final int round) {
        if (questions.isEmpty()) {
            context.respond(response);
            return;
        }
        final CompletableFuture<Void> asked = CompletableFuture.runAsync(
                () -> questions.forEach(one -> one.inLog = logs.searchEpoch(one.tail.partitionIndex(), one.epoch)),
                coldReads);
        context.onGatewayThread(asked, (done, error) -> {
            if (error != null) {
                context.fail(error);
                return;
            }
            final List<Question> again = new ArrayList<>();
            for (final Question one : questions) {
                if (!finish(one)) {
                    again.add(one);
                }
            }
            if (round == MAX_SEARCHES) {
                again.forEach(one -> one.answer.setErrorCode(Errors.OFFSET_NOT_AVAILABLE.code()));
                again.clear();
            }
            search(context, response, again, round + 1);
        });
    }

    /** False when the log has taken over from memory what was searched for neither here nor there. */
    private boolean finish(final Question one) {
        final EpochSearch inLog = one.inLog;
        if (inLog.found().isPresent() && inLog.found().get().endOffset() < inLog.endOffset()) {
            one.answer
                    .setLeaderEpoch(inLog.found().get().leaderEpoch())
                    .setEndOffset(inLog.found().get().endOffset());
            return true;
        }
        if (one.tail.firstOffset() > inLog.endOffset()) {
            return false;
        }
        final int floorEpoch = inLog.latestEpoch() >= 0 && inLog.latestEpoch() <= one.epoch
                ? inLog.latestEpoch()
                : one.epoch; // all that is kept is later: Kafka repeats the epoch asked for
        final FrameIndex.EpochEnd end = index.endOfEpoch(one.tail, inLog.endOffset(), one.epoch, floorEpoch);
        if (end == null) {
            return false;
        }
        one.answer.setLeaderEpoch(end.leaderEpoch()).setEndOffset(end.endOffset());
        return true;
    }
}
