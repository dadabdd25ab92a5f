package io.epona.coordinator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TransactionSettingsTest {
    @Test
    void shouldHaveKafkasDefaultsAndLookForLateTransactionsMoreOften() {
        final TransactionSettings settings = TransactionSettings.of(Map.of());
        assertEquals(50, settings.topicPartitionCount());
        assertEquals(900_000, settings.maxTimeoutMs());
        assertEquals(604_800_000, settings.expirationMs());
        assertEquals(1_000, settings.abortIntervalMs());
        assertEquals(3_600_000, settings.expirationIntervalMs());
        assertEquals(104_857_600, settings.topicSegmentLength());
        assertEquals(
                "1000",
                TransactionSettings.defaults().get("transaction.abort.timed.out.transaction.cleanup.interval.ms"));
    }

    @Test
    void shouldSayWhatIsWrongWhenAKeyHasNoEffectOrNoValue() {
        assertEquals(List.of(), TransactionSettings.problems(Map.of("transaction.max.timeout.ms", "1000")));
        for (final Map.Entry<String, String> wrong : Map.of(
                        "transaction.max.timeout.ms", "soon",
                        "transaction.state.log.replication.factor", "3",
                        "transaction.two.phase.commit.enable", "true",
                        "group.max.size", "3")
                .entrySet()) {
            final List<String> problems = TransactionSettings.problems(Map.ofEntries(wrong));
            assertEquals(1, problems.size());
            assertTrue(problems.getFirst().contains(wrong.getKey()), problems::getFirst);
        }
    }
}
