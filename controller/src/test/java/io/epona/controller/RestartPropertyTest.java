package io.epona.controller;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random commands, restarts in between (with and without a rewrite): the image is always what it was. */
@Timeout(60)
class RestartPropertyTest {
    private static final String[] KEYS = {"retention.ms", "segment.ms", "max.message.bytes", "cleanup.policy", "bogus"};

    @TempDir
    Path directory;

    private Random random;

    @ParameterizedTest(name = "seed={0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
    void shouldHaveSameImageWhenRestartedAfterRandomCommands(long seed) {
        random = new Random(seed);
        long compactionLength = random.nextBoolean() ? 2048 : Long.MAX_VALUE;
        ControllerConfig config =
                new ControllerConfig(directory, 1, 3, 1, TopicDefaults.STANDARD, Map.of(), compactionLength);
        ControllerFixture fixture = new ControllerFixture(config, seed);
        ClusterImage before = null;
        for (int start = 0; start < 6; start++) {
            try (LocalController controller = fixture.open()) {
                if (before != null) {
                    ControllerFixture.assertSameMetadata(before, controller.image());
                }
                controller
                        .registerBroker(ControllerFixture.registration(9000 + start))
                        .join();
                for (int i = 0; i < 40; i++) {
                    randomCommand(controller);
                    ControllerFixture.requireConsistent(controller.image());
                }
                before = controller.image();
            }
        }
    }

    private void randomCommand(LocalController controller) {
        boolean validateOnly = random.nextInt(10) == 0;
        switch (random.nextInt(7)) {
            case 0, 1 -> controller.createTopics(randomTopics(), validateOnly).join();
            case 2 ->
                controller.deleteTopics(List.of(randomReference(controller))).join();
            case 3 ->
                controller
                        .createPartitions(
                                List.of(new NewPartitionsSpec(randomName(), random.nextInt(12), null)), validateOnly)
                        .join();
            case 4 -> {
                AlterConfigOp.OpType type = AlterConfigOp.OpType.values()[random.nextInt(4)];
                ConfigEntry entry = new ConfigEntry(randomKey(), randomValue());
                controller
                        .incrementalAlterConfigs(
                                Map.of(resource(), List.of(new AlterConfigOp(entry, type))), validateOnly)
                        .join();
            }
            case 5 ->
                controller
                        .alterConfigs(Map.of(resource(), Map.of(randomKey(), randomValue())), validateOnly)
                        .join();
            default -> controller.allocateProducerIds().join();
        }
    }

    private List<NewTopicSpec> randomTopics() {
        List<NewTopicSpec> topics = new ArrayList<>();
        for (int i = random.nextInt(3); i >= 0; i--) {
            Map<String, String> configs = random.nextBoolean() ? Map.of() : Map.of(randomKey(), randomValue());
            topics.add(new NewTopicSpec(randomName(), random.nextInt(6) - 1, (short) -1, Map.of(), configs));
        }
        return topics;
    }

    private TopicReference randomReference(LocalController controller) {
        TopicInfo topic = controller.image().topic(randomName());
        return topic != null && random.nextBoolean()
                ? TopicReference.byId(topic.id())
                : TopicReference.byName(randomName());
    }

    private ConfigResource resource() {
        return new ConfigResource(ConfigResource.Type.TOPIC, randomName());
    }

    private String randomName() {
        return "topic" + (random.nextBoolean() ? "." : "_") + random.nextInt(8);
    }

    private String randomKey() {
        return KEYS[random.nextInt(KEYS.length)];
    }

    private String randomValue() {
        return random.nextInt(4) == 0 ? "delete" : Integer.toString(random.nextInt(100_000));
    }
}
