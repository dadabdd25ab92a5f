package io.epona.node.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.runtime.config.ConfigException;
import io.epona.runtime.config.ConfigKey;
import io.epona.runtime.config.ConfigOverride;
import io.epona.runtime.config.EponaConfig;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NodeSchemaTest {
    @ParameterizedTest
    @ValueSource(strings = {"shared", "dedicated"})
    void shouldHaveDefaultsThatFitEachOtherWhenNothingIsSet(final String profile) {
        load("profile=" + profile);
    }

    @ParameterizedTest
    @ValueSource(strings = {"shared", "dedicated"})
    void shouldLoadTheSameWhenPrintedAndReadBack(final String profile, @TempDir final Path directory) throws Exception {
        final EponaConfig config = load("profile=" + profile, "lane.count=4", "topic.config.retention.ms=1000");
        final Path file = Files.writeString(directory.resolve("node.conf"), config.render());
        final EponaConfig again = EponaConfig.load(NodeSchema.SCHEMA, Optional.of(file), List.of());
        NodeSchema.SCHEMA.keys().forEach(key -> assertEquals(config.get(key), again.get(key), key.name()));
    }

    @ParameterizedTest
    @CsvSource({
        "lane.command-ring.length=128MiB, lane.command-ring.length",
        "checkpoint.interval.length=1GiB, checkpoint.interval.length",
        "lane.ring.length=512MiB, journal.segment.count",
        "gateway.max-in-flight.length=1MiB, gateway.max-in-flight.length",
        "journal.cores=0 ; 0, journal.cores",
        "gateway.cores=100000, gateway.cores",
        "lane.idle=nap, lane.idle",
        "topic.config.flush.ms=1, flush.ms",
        "topic.config.retention.ms=soon, retention.ms",
        "lane.count=-1, lane.count"
    })
    void shouldNameTheKeyAndTheRemedyWhenValuesContradict(final String setting, final String key) {
        final ConfigException refusal = assertThrows(ConfigException.class, () -> load(setting.replace(" ; ", ",")));
        assertTrue(refusal.getMessage().contains(key), refusal.getMessage());
    }

    @Test
    void shouldKnowEveryKeyThatIsDeclared() throws IllegalAccessException {
        for (final Class<?> keys : List.of(
                CellKeys.class,
                LogKeys.class,
                MulticastKeys.class,
                ServiceKeys.class,
                StorageKeys.class,
                ThreadKeys.class)) {
            for (final Field field : keys.getFields()) {
                if (field.getType() == ConfigKey.class) {
                    final ConfigKey<?> key = (ConfigKey<?>) field.get(null);
                    assertTrue(NodeSchema.SCHEMA.keys().contains(key), key::name);
                }
            }
        }
    }

    @Test
    void shouldListAllProblemsAtOnceWhenThereAreSeveral() {
        final ConfigException refusal = assertThrows(
                ConfigException.class, () -> load("lane.cuont=2", "kafka.listen=here", "journal.segment.length=3MiB"));
        for (final String part : List.of("lane.cuont", "lane.count", "kafka.listen", "journal.segment.length")) {
            assertTrue(refusal.getMessage().contains(part), refusal.getMessage());
        }
    }

    private static EponaConfig load(final String... settings) {
        return EponaConfig.load(
                NodeSchema.SCHEMA,
                Optional.empty(),
                Stream.of(settings).map(ConfigOverride::ofSet).toList());
    }
}
