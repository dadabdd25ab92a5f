package io.epona.controller;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.junit.jupiter.api.Test;

class TopicConfigsTest {
    @Test
    void shouldPutTopicOverNodeOverKafkaWhenEffective() {
        TopicConfigs configs = new TopicConfigs(Map.of("retention.ms", "1000", "segment.bytes", "2097152"));
        LogConfig effective = configs.effective(Map.of("retention.ms", "5"));
        assertEquals(5, effective.retentionMs);
        assertEquals(2_097_152, effective.segmentSize());
        assertEquals(1_048_588, effective.maxMessageSize());
        assertSame(configs.defaults(), configs.effective(Map.of()));
    }

    @Test
    void shouldJudgeEveryKeyOfKafkaWhenItIsSet() {
        TopicConfigs configs = new TopicConfigs(Map.of());
        TopicConfigs.definitions().forEach((name, key) -> {
            String value = name.equals("compression.type")
                    ? "producer"
                    : configs.defaults().values().get(name) + "";
            if (name.equals("cleanup.policy")) {
                value = "delete";
            }
            Map<String, String> one = Map.of(name, value);
            if (TopicConfigs.settable(name)) {
                configs.validate(one);
            } else {
                InvalidConfigurationException refused =
                        assertThrows(InvalidConfigurationException.class, () -> configs.validate(one));
                assertTrue(refused.getMessage().contains(name));
                assertTrue(refused.getMessage().contains("leave it out"));
            }
        });
    }

    @Test
    void shouldRefuseNodeDefaultsWhenTheyAreWrong() {
        assertThrows(InvalidConfigurationException.class, () -> new TopicConfigs(Map.of("retention.ms", "x")));
        assertThrows(InvalidConfigurationException.class, () -> new TopicConfigs(Map.of("no.such", "1")));
        assertThrows(InvalidConfigurationException.class, () -> new TopicConfigs(Map.of("compression.type", "lz4")));
    }

    @Test
    void shouldTellOfEachKeyWhenSeveralAreWrong() {
        assertEquals(List.of(), TopicConfigs.problems(Map.of("retention.ms", "1", "cleanup.policy", "compact")));
        List<String> problems = TopicConfigs.problems(
                Map.of("flush.ms", "1", "no.such", "1", "retention.ms", "x", "segment.bytes", "2097152"));
        assertEquals(3, problems.size());
        assertTrue(problems.get(0).contains("flush.ms"), problems::toString);
        assertTrue(problems.get(1).contains("no.such"), problems::toString);
        assertTrue(problems.get(2).contains("retention.ms"), problems::toString);
        assertEquals(
                1,
                TopicConfigs.problems(Map.of("min.compaction.lag.ms", "2", "max.compaction.lag.ms", "1"))
                        .size());
    }

    @Test
    void shouldRefuseInternalKeysWhenSet() {
        assertFalse(TopicConfigs.definitions().containsKey("internal.segment.bytes"));
        TopicConfigs configs = new TopicConfigs(Map.of());
        assertThrows(
                InvalidConfigurationException.class, () -> configs.validate(Map.of("internal.segment.bytes", "100")));
    }
}
