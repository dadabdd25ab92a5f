package io.epona.controller;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.apache.kafka.image.MetadataImage;

/** Controllers on the caller's thread with ids from a seed, and comparison of images. */
final class ControllerFixture {
    static final Executor CALLER_RUNS = Runnable::run;

    final List<Throwable> fatalErrors = new ArrayList<>();
    final ControllerConfig config;
    private final Random random;

    ControllerFixture(ControllerConfig config, long seed) {
        this.config = config;
        this.random = new Random(seed);
    }

    static ControllerFixture in(Path directory) {
        return new ControllerFixture(config(directory, 1), 1);
    }

    static ControllerConfig config(Path directory, int laneCount) {
        return new ControllerConfig(
                directory, 1, laneCount, 1, TopicDefaults.STANDARD, Map.of(), ControllerLimits.COMPACTION_LENGTH);
    }

    LocalController open() {
        return open(MetadataFile::open);
    }

    LocalController open(MetadataFile.Opener opener) {
        return LocalController.open(config, new ControllerContext(CALLER_RUNS, ids(), fatalErrors::add), opener);
    }

    /** Makes a topic of so many partitions, if any, and ends. */
    void openAndClose(int partitionCount) {
        try (LocalController controller = open()) {
            if (partitionCount > 0) {
                controller
                        .createTopics(List.of(NewTopicSpec.withPartitions("t", partitionCount)), false)
                        .join();
            }
        }
    }

    Supplier<Uuid> ids() {
        return () -> new Uuid(random.nextLong(), random.nextLong() | 1);
    }

    static BrokerRegistration registration(int port) {
        return new BrokerRegistration(
                List.of(new Endpoint("PLAINTEXT", "localhost", port, SecurityProtocol.PLAINTEXT)), null);
    }

    static void assertSameMetadata(ClusterImage expected, ClusterImage actual) {
        assertEquals(expected.identity(), actual.identity());
        assertEquals(List.copyOf(expected.brokers()), List.copyOf(actual.brokers()));
        assertEquals(expected.partitionIndexLimit(), actual.partitionIndexLimit());
        assertEquals(expected.partitionCount(), actual.partitionCount());
        assertEquals(describe(expected), describe(actual));
        assertEquals(expected.topicMaps().collisionNames(), actual.topicMaps().collisionNames());
        assertEquals(
                List.copyOf(expected.topicMaps().deletedIds()),
                List.copyOf(actual.topicMaps().deletedIds()));
        assertSameKafkaImage(expected.kafkaImage(), actual.kafkaImage());
        requireConsistent(expected);
        requireConsistent(actual);
    }

    static void assertSameKafkaImage(MetadataImage expected, MetadataImage actual) {
        assertEquals(expected.topics(), actual.topics());
        assertEquals(expected.configs(), actual.configs());
        assertEquals(expected.producerIds(), actual.producerIds());
        assertEquals(expected.cluster(), actual.cluster());
        assertEquals(expected.features(), actual.features());
    }

    /** The views of an image agree with each other. */
    static void requireConsistent(ClusterImage image) {
        List<PartitionInfo> byTable = new ArrayList<>();
        image.forEachPartition(byTable::add);
        assertEquals(image.partitionCount(), byTable.size());
        for (PartitionInfo partition : byTable) {
            assertSame(partition, image.partition(partition.partitionIndex()));
            assertSame(partition, image.partition(partition.topic(), partition.partition()));
            assertSame(partition, image.topic(partition.topicId()).partition(partition.partition()));
        }
        int count = image.topics().stream().mapToInt(TopicInfo::partitionCount).sum();
        assertEquals(count, byTable.size());
        assertEquals(
                image.topics().size(), image.kafkaImage().topics().topicsById().size());
    }

    private static Map<String, String> describe(ClusterImage image) {
        return image.topics().stream()
                .collect(Collectors.toMap(
                        TopicInfo::name,
                        topic -> topic.id() + " "
                                + Map.copyOf(topic.configOverrides()).entrySet().stream()
                                        .sorted(Map.Entry.comparingByKey())
                                        .toList()
                                + " " + topic.partitions()));
    }
}
