package io.epona.gateway.transactions;

import io.epona.controller.ClusterController;
import io.epona.controller.ClusterImage;
import io.epona.controller.PartitionInfo;
import io.epona.gateway.RequestContext;
import io.epona.gateway.RequestHandler;
import io.epona.gateway.log.FrameIndex;
import io.epona.gateway.log.Leadership;
import io.epona.gateway.log.PartitionTail;
import io.epona.gateway.log.ProducerView;
import io.epona.partitionlog.LogProducers;
import io.epona.partitionlog.PartitionLogs;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.message.DescribeProducersRequestData;
import org.apache.kafka.common.message.DescribeProducersRequestData.TopicRequest;
import org.apache.kafka.common.message.DescribeProducersResponseData;
import org.apache.kafka.common.message.DescribeProducersResponseData.PartitionResponse;
import org.apache.kafka.common.message.DescribeProducersResponseData.TopicResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/**
 * DescribeProducers: the producers of partitions with their open transactions. What a partition's log knows is read on
 * a thread that may wait; what came after that is in memory. Gateway thread only.
 */
public final class DescribeProducersHandler implements RequestHandler {
    private static final int NO_EPOCH = -1;

    private final ClusterController controller;
    private final FrameIndex index;
    private final PartitionLogs logs;
    private final Executor coldReads;

    private record Asked(PartitionInfo partition, PartitionTail tail, PartitionResponse answer) {}

    /** A handler of one gateway thread. */
    public DescribeProducersHandler(
            final ClusterController controller,
            final FrameIndex index,
            final PartitionLogs logs,
            final Executor coldReads) {
        this.controller = controller;
        this.index = index;
        this.logs = logs;
        this.coldReads = coldReads;
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.DESCRIBE_PRODUCERS;
    }

    @Override
    public void handle(final RequestContext context, final ApiMessage message) {
        final DescribeProducersResponseData response = new DescribeProducersResponseData();
        final List<Asked> all = new ArrayList<>();
        final ClusterImage image = controller.image();
        for (final TopicRequest topic : ((DescribeProducersRequestData) message).topics()) {
            final TopicResponse result = new TopicResponse().setName(topic.name());
            response.topics().add(result);
            for (final int number : topic.partitionIndexes()) {
                final PartitionResponse answer = new PartitionResponse().setPartitionIndex(number);
                result.partitions().add(answer);
                final PartitionInfo partition = image.partition(topic.name(), number);
                final Errors error = partition == null
                        ? Errors.UNKNOWN_TOPIC_OR_PARTITION
                        : Leadership.judge(image, partition, index.lane(partition), NO_EPOCH);
                answer.setErrorCode(error.code());
                if (error == Errors.NONE) {
                    all.add(new Asked(partition, index.tail(partition), answer));
                }
            }
        }
        context.onGatewayThread(read(all), (known, failure) -> {
            if (failure != null) {
                context.fail(failure);
                return;
            }
            for (int i = 0; i < all.size(); i++) {
                final LogProducers inLog = known.get(i);
                final Asked asked = all.get(i);
                asked.answer()
                        .setActiveProducers(
                                asked.tail() == null
                                        ? inLog.states()
                                        : ProducerView.of(inLog.states(), inLog.endOffset(), asked.tail()));
            }
            context.respond(response);
        });
    }

    private CompletableFuture<List<LogProducers>> read(final List<Asked> all) {
        try {
            return CompletableFuture.supplyAsync(
                    () -> all.stream()
                            .map(asked -> logs.producers(asked.partition().partitionIndex()))
                            .toList(),
                    coldReads);
        } catch (final RejectedExecutionException ex) {
            return CompletableFuture.failedFuture(new TimeoutException("too much to read at present: ask again", ex));
        }
    }
}
