package io.epona.coordinator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GroupConfigsTest {
    private final GroupConfigs configs = new GroupConfigs(GroupSettings.of(
            Map.of(
                    "group.consumer.session.timeout.ms", "46000",
                    "group.consumer.min.heartbeat.interval.ms", "1000",
                    "group.consumer.max.session.timeout.ms", "50000"),
            GroupSettings.SHARED_DEFAULTS));

    @Test
    void shouldHaveAValueForEachKeyOnTheNode() {
        assertTrue(GroupConfigs.definitions().containsKey("consumer.heartbeat.interval.ms"));
        assertTrue(GroupConfigs.definitions().containsKey("streams.num.standby.replicas"));
        GroupConfigs.definitions().keySet().forEach(key -> {
            assertTrue(configs.nodeValue(key).matches("[0-9]+"), key);
            assertTrue(GroupConfigs.defaultValue(key).matches("[0-9]+"), key);
        });
        assertEquals("46000", configs.nodeValue("consumer.session.timeout.ms"));
        assertEquals(Optional.of("46000"), configs.nodeOverride("consumer.session.timeout.ms"));
        assertEquals("45000", GroupConfigs.defaultValue("consumer.session.timeout.ms"));
        assertEquals(Optional.empty(), configs.nodeOverride("consumer.heartbeat.interval.ms"));
    }

    @Test
    void shouldTakeWhatTheNodesSettingsAllow() {
        configs.validate(Map.of());
        configs.validate(Map.of("consumer.session.timeout.ms", "50000", "consumer.heartbeat.interval.ms", "1000"));
        configs.validate(Map.of("streams.num.standby.replicas", "2", "streams.assignment.interval.ms", "0"));
    }

    @ParameterizedTest
    @CsvSource({
        "bogus, 1, bogus",
        "share.session.timeout.ms, 45000, no share groups",
        "consumer.session.timeout.ms, much, consumer.session.timeout.ms",
        "consumer.session.timeout.ms, 0, consumer.session.timeout.ms",
        "consumer.session.timeout.ms, 50001, group.consumer.max.session.timeout.ms",
        "consumer.heartbeat.interval.ms, 999, group.consumer.min.heartbeat.interval.ms",
        "streams.num.standby.replicas, 3, group.streams.max.standby.replicas",
    })
    void shouldNameWhatIsWrong(final String key, final String value, final String named) {
        final InvalidConfigurationException refusal =
                assertThrows(InvalidConfigurationException.class, () -> configs.validate(Map.of(key, value)));
        assertTrue(refusal.getMessage().contains(named), refusal::getMessage);
    }
}
