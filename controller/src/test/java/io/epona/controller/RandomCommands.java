package io.epona.controller;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.config.ConfigResource;

/** Commands from a seed, many of which are refused. */
final class RandomCommands {
    private static final String[] KEYS = {"retention.ms", "segment.ms", "max.message.bytes", "cleanup.policy", "bogus"};

    private final Random random;

    RandomCommands(long seed) {
        random = new Random(seed);
    }

    void next(LocalController controller) {
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
