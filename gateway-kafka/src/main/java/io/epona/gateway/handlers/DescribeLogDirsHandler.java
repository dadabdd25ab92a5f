package io.epona.gateway.handlers;

import io.epona.controller.ClusterController;
import io.epona.controller.ClusterImage;
import io.epona.controller.PartitionInfo;
import io.epona.controller.TopicInfo;
import io.epona.gateway.RequestContext;
import io.epona.gateway.RequestHandler;
import io.epona.partitionlog.PartitionLogException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.message.DescribeLogDirsRequestData;
import org.apache.kafka.common.message.DescribeLogDirsRequestData.DescribableLogDirTopic;
import org.apache.kafka.common.message.DescribeLogDirsResponseData;
import org.apache.kafka.common.message.DescribeLogDirsResponseData.DescribeLogDirsPartition;
import org.apache.kafka.common.message.DescribeLogDirsResponseData.DescribeLogDirsResult;
import org.apache.kafka.common.message.DescribeLogDirsResponseData.DescribeLogDirsTopic;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** DescribeLogDirs: the one directory of the partition logs. Reads directories, so it works in the background. */
final class DescribeLogDirsHandler implements RequestHandler {
    private static final Logger LOG = LoggerFactory.getLogger(DescribeLogDirsHandler.class);

    private final ClusterController controller;
    private final LogDirectory logDirectory;
    private final Executor background;

    DescribeLogDirsHandler(ClusterController controller, LogDirectory logDirectory, Executor background) {
        this.controller = controller;
        this.logDirectory = logDirectory;
        this.background = background;
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.DESCRIBE_LOG_DIRS;
    }

    @Override
    public void handle(RequestContext context, ApiMessage message) {
        DescribeLogDirsRequestData request = (DescribeLogDirsRequestData) message;
        ClusterImage image = controller.image();
        CompletableFuture<DescribeLogDirsResult> directory;
        try {
            directory = CompletableFuture.supplyAsync(() -> describe(image, request), background);
        } catch (RejectedExecutionException e) {
            context.fail(new TimeoutException("The node has too much to do in the background: try again later", e));
            return;
        }
        context.onGatewayThread(directory, (result, error) -> {
            if (error != null) {
                context.fail(error);
            } else {
                context.respond(new DescribeLogDirsResponseData().setResults(List.of(result)));
            }
        });
    }

    private DescribeLogDirsResult describe(ClusterImage image, DescribeLogDirsRequestData request) {
        DescribeLogDirsResult result = new DescribeLogDirsResult()
                .setLogDir(logDirectory.path().toAbsolutePath().toString())
                .setErrorCode(Errors.NONE.code());
        try {
            FileStore store = Files.getFileStore(logDirectory.path());
            result.setTotalBytes(store.getTotalSpace()).setUsableBytes(store.getUsableSpace());
            result.setTopics(request.topics() == null ? allTopics(image) : topics(image, request));
        } catch (IOException | UncheckedIOException | PartitionLogException e) {
            LOG.warn("log directory cannot be described: directory={}", logDirectory.path(), e);
            result.setErrorCode(Errors.KAFKA_STORAGE_ERROR.code());
        }
        return result;
    }

    private List<DescribeLogDirsTopic> allTopics(ClusterImage image) {
        List<DescribeLogDirsTopic> topics = new ArrayList<>();
        for (TopicInfo topic : image.topics()) {
            topics.add(describe(topic.name(), topic.partitions()));
        }
        return topics;
    }

    private List<DescribeLogDirsTopic> topics(ClusterImage image, DescribeLogDirsRequestData request) {
        List<DescribeLogDirsTopic> topics = new ArrayList<>();
        for (DescribableLogDirTopic wanted : request.topics()) {
            List<PartitionInfo> partitions = new ArrayList<>();
            for (Integer partition : new TreeSet<>(wanted.partitions())) {
                PartitionInfo info = image.partition(wanted.topic(), partition);
                if (info != null) {
                    partitions.add(info);
                }
            }
            if (!partitions.isEmpty()) {
                topics.add(describe(wanted.topic(), partitions));
            }
        }
        return topics;
    }

    private DescribeLogDirsTopic describe(String topic, List<PartitionInfo> partitions) {
        List<DescribeLogDirsPartition> described = new ArrayList<>(partitions.size());
        for (PartitionInfo partition : partitions) {
            described.add(new DescribeLogDirsPartition()
                    .setPartitionIndex(partition.partition())
                    .setPartitionSize(logDirectory.sizeOf().applyAsLong(partition.partitionIndex()))
                    .setOffsetLag(0)
                    .setIsFutureKey(false));
        }
        return new DescribeLogDirsTopic().setName(topic).setPartitions(described);
    }
}
