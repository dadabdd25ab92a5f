package io.epona.runtime.config;

import static io.epona.runtime.config.ExampleKeys.SCHEMA;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EponaConfigTest {
    @TempDir
    Path directory;

    private Path file(final String name, final String text) throws IOException {
        return Files.writeString(directory.resolve(name), text);
    }

    private static EponaConfig load(final Path file, final String... sets) {
        return EponaConfig.load(
                SCHEMA,
                Optional.ofNullable(file),
                Arrays.stream(sets).map(ConfigOverride::ofSet).toList());
    }

    private static ConfigException refused(final Path file, final String... sets) {
        return assertThrows(ConfigException.class, () -> load(file, sets));
    }

    @Test
    void shouldTakeTheProfilesDefaultsWhenNothingElseIsGiven() {
        final EponaConfig shared = load(null, "node.id=1");
        assertEquals(Profile.SHARED, shared.profile());
        assertEquals(1, shared.get(ExampleKeys.LANES));
        assertEquals("signalled", shared.get(ExampleKeys.LANE_IDLE));
        assertEquals("default", shared.origin(ExampleKeys.LANES));

        final EponaConfig dedicated = load(null, "node.id=1", "profile=dedicated");
        assertEquals(4, dedicated.get(ExampleKeys.LANES));
        assertEquals("spin", dedicated.get(ExampleKeys.LANE_IDLE));
    }

    @Test
    void shouldReadEveryTypeFromHocon() throws IOException {
        final Path file = file("epona.conf", """
                # a comment
                profile = dedicated
                node { id = 3, rack = "r1" }
                kafka.listen = "[::1]:0"
                lane {
                  count = 2
                  cores = [2, 3]
                  idle = backoff
                }
                journal.dir = /srv/epona
                journal.segment.length = 128 MiB
                ring.length = 1m
                shelf.flush-interval = 1500ms
                topic.auto-create = off
                topic.defaults { retention.ms = 1000, "cleanup.policy" = delete, list = [a, b] }
                seed = 9000000000
                """);
        final EponaConfig config = load(file);
        assertEquals(3, config.get(ExampleKeys.NODE_ID));
        assertEquals(Optional.of("r1"), config.get(ExampleKeys.RACK));
        assertEquals(new HostPort("::1", 0), config.get(ExampleKeys.LISTEN));
        assertEquals(2, config.get(ExampleKeys.LANES));
        assertEquals(List.of(2, 3), config.get(ExampleKeys.LANE_CORES));
        assertEquals("backoff", config.get(ExampleKeys.LANE_IDLE));
        assertEquals(Path.of("/srv/epona"), config.get(ExampleKeys.JOURNAL_DIR));
        assertEquals(128L << 20, config.get(ExampleKeys.SEGMENT_LENGTH));
        assertEquals(1L << 20, config.get(ExampleKeys.RING_LENGTH));
        assertEquals(Duration.ofMillis(1500), config.get(ExampleKeys.FLUSH_INTERVAL));
        assertEquals(false, config.get(ExampleKeys.AUTO_CREATE));
        assertEquals(
                Map.of("retention.ms", "1000", "cleanup.policy", "delete", "list", "a,b"),
                config.get(ExampleKeys.TOPIC_DEFAULTS));
        assertEquals(9_000_000_000L, config.get(ExampleKeys.SEED));
        assertEquals(file + ":6", config.origin(ExampleKeys.LANES));
    }

    @Test
    void shouldReadTheSameFromPropertiesWithLines() throws IOException {
        final Path file = file("epona.properties", """
                # a comment \\
                node.id: 3
                kafka.listen=0.0.0.0:9092

                lane.cores = 2, \\
                   3
                topic.defaults.retention.ms = 1000
                """);
        final EponaConfig config = load(file);
        assertEquals(3, config.get(ExampleKeys.NODE_ID));
        assertEquals(new HostPort("0.0.0.0", 9092), config.get(ExampleKeys.LISTEN));
        assertEquals(List.of(2, 3), config.get(ExampleKeys.LANE_CORES));
        assertEquals(Map.of("retention.ms", "1000"), config.get(ExampleKeys.TOPIC_DEFAULTS));
        assertEquals(file + ":2", config.origin(ExampleKeys.NODE_ID));
        assertEquals(file + ":5", config.origin(ExampleKeys.LANE_CORES));
    }

    @Test
    void shouldPreferTheCommandLineAndThereTheLast() throws IOException {
        final Path file = file("epona.conf", "node.id = 1\nlane.count = 2\ntopic.defaults.a = 1\n");
        final EponaConfig config = EponaConfig.load(
                SCHEMA,
                Optional.of(file),
                List.of(
                        ConfigOverride.ofSet("lane.count=3"),
                        ConfigOverride.ofSet("topic.defaults.a = 2"),
                        ConfigOverride.ofOption("--listen", ExampleKeys.LISTEN, "localhost:1"),
                        ConfigOverride.ofSet("lane.count=4")));
        assertEquals(4, config.get(ExampleKeys.LANES));
        assertEquals("--set lane.count=4", config.origin(ExampleKeys.LANES));
        assertEquals("--listen localhost:1", config.origin(ExampleKeys.LISTEN));
        assertEquals(Map.of("retention.ms", "604800000", "a", "2"), config.get(ExampleKeys.TOPIC_DEFAULTS));
        assertEquals(1, config.get(ExampleKeys.NODE_ID));
    }

    @Test
    void shouldListEveryProblemAtOnceWithOriginAndRemedy() throws IOException {
        final Path file = file("epona.conf", """
                lane.cuont = 2
                lane.idle = slumber
                journal.segment.length = 3MiB
                shelf.flush-interval = 10
                kafka.listen = "localhost"
                seed = null
                """);
        final ConfigException ex = refused(file, "topic.auto-create=perhaps", "lane.count", "lane.cores=1,x");
        final String message = ex.getMessage();
        final List<String> expected = List.of(
                "configuration refused, 10 problems:",
                file + ":1: unknown key lane.cuont; did you mean lane.count?",
                file + ":2: lane.idle: \"slumber\" is not allowed; give one of signalled",
                file + ":3: journal.segment.length: \"3MiB\" is not allowed; give a power of two",
                "\"10\" has no unit (ns, us, ms, s, m, h or d); give duration such as 10ms, 1ms to 1h",
                file + ":5: kafka.listen: \"localhost\" has no port; give host:port",
                file + ":6: seed has no value; give one or remove the line",
                "--set lane.count: has no value; give key=value",
                "lane.cores: \"1,x\" has an element \"x\" that is not a whole number",
                "--set topic.auto-create=perhaps: topic.auto-create: \"perhaps\" is neither true nor false",
                "node.id is not set; give whole number: Number of this node.");
        int from = 0;
        for (final String part : expected) {
            final int found = message.indexOf(part, from);
            assertTrue(found >= from, () -> part + "\nis not there or not in order:\n" + message);
            from = found;
        }
        assertEquals(10, ex.problems().size(), message);
    }

    @Test
    void shouldCheckKeysAgainstEachOtherWhenEachIsValid() {
        final ConfigException ex = refused(null, "node.id=1", "ring.length=128MiB");
        assertEquals(1, ex.problems().size());
        assertEquals("--set ring.length=128MiB", ex.problems().getFirst().origin());
        assertTrue(ex.getMessage().contains("make the ring no longer than a segment"), ex.getMessage());
        assertEquals(
                1, refused(null, "node.id=1", "ring.length=3MiB").problems().size(), "the check needs valid keys");
    }

    @ParameterizedTest
    @CsvSource({
        "jurnal.dir, did you mean journal.dir?",
        "segment.length, did you mean journal.segment.length?",
        "journal.segment, it is a section; its keys are journal.segment.length",
        "lane.count.x, did you mean lane.count?",
        "nothing.like.it, remove it; the known keys are profile"
    })
    void shouldSuggestWhatWasMeantWhenAKeyIsUnknown(final String key, final String remedy) {
        final ConfigException ex = refused(null, "node.id=1", key + "=1");
        assertEquals(1, ex.problems().size(), ex.getMessage());
        assertTrue(ex.problems().getFirst().remedy().startsWith(remedy), ex.getMessage());
    }

    @ParameterizedTest
    @CsvSource({
        "lane.count=2.5, is not a whole number",
        "lane.count=99999999999, is too large",
        "lane.count=0, is not allowed; give 1 to 64",
        "seed=1e3, is not a whole number",
        "ring.length=lots, is not a size in bytes",
        "ring.length=-1MiB, is negative",
        "shelf.flush-interval=-1s, is negative",
        "shelf.flush-interval=soon, is not a duration",
        "shelf.flush-interval=2h, is not allowed; give 1ms to 1h",
        "kafka.listen=::1:9092, has an IPv6 address without brackets",
        "kafka.listen=:9092, has no host before the colon",
        "kafka.listen=localhost:99999, has a port outside 0 to 65535",
        "kafka.listen=localhost:http, has a port that is not a number",
        "journal.dir=, is no path",
        "profile=huge, 'is none of shared, dedicated'",
        "topic.defaults=x, is one value where a section is expected"
    })
    void shouldSayWhatIsWrongWithAValue(final String set, final String what) {
        final ConfigException ex = refused(null, "node.id=1", set);
        assertEquals(1, ex.problems().size(), ex.getMessage());
        assertTrue(ex.getMessage().contains(what), ex.getMessage());
    }

    @Test
    void shouldRefuseAFileThatIsMissingOrBroken() throws IOException {
        final Path missing = directory.resolve("absent.conf");
        assertTrue(refused(missing, "node.id=1").getMessage().contains(missing + ": configuration file is not there"));
        assertTrue(refused(file("epona.yaml", "a: b"), "node.id=1")
                .getMessage()
                .contains("name it .conf (HOCON), .json or .properties"));
        final ConfigException broken =
                refused(file("broken.conf", "node.id = 1\nkafka.listen = a:b:c\n}"), "node.id=1");
        assertTrue(broken.getMessage().contains("broken.conf:2: is not HOCON"), broken.getMessage());
        final ConfigException unresolved = refused(file("unresolved.conf", "node.id = ${no.such.thing}"));
        assertTrue(unresolved.getMessage().contains("unresolved.conf:1"), unresolved.getMessage());
        final Path twice = file("twice.properties", "node.id=1\nnode.id=2\n");
        assertTrue(refused(twice).getMessage().contains(twice + ":2: node.id was given before, at " + twice + ":1"));
        final ConfigException escape = refused(file("escape.properties", "node.id=1\nseed=\\u00zz\n"));
        assertTrue(escape.getMessage().contains("escape.properties:2: is no property"), escape.getMessage());
        assertTrue(refused(file("nested.conf", "node.id=1\nlane.cores=[[1]]\nseed=[1,2]\n"))
                .getMessage()
                .contains("is more than one value"));
    }

    @Test
    void shouldBeTheSameWhenRenderedAndLoadedAgain() throws IOException {
        final EponaConfig config = load(
                null,
                "node.id=5",
                "profile=dedicated",
                "lane.cores=1,2",
                "kafka.listen=[::1]:9092",
                "topic.defaults.a.b=c \"quoted\"",
                "shelf.flush-interval=90s",
                "journal.dir=/a dir/with \\ and $");
        final String rendered = config.render();
        final EponaConfig again = load(file("effective.conf", rendered));
        for (final ConfigKey<?> key : SCHEMA.keys()) {
            assertEquals(config.get(key), again.get(key), key::name);
        }
        assertTrue(rendered.contains("# Effective configuration, profile dedicated"), rendered);
        assertTrue(rendered.contains("""
                        # Number of lanes. Each is a log of its own.
                        # (whole number, 1 to 64; default 4; from default)
                        lane.count = 4
                        """), rendered);
        assertTrue(rendered.contains("from --set lane.cores=1,2)"), rendered);
    }

    @Test
    void shouldDocumentEveryKeyInMarkdown() {
        final String table = SCHEMA.toMarkdown();
        assertTrue(
                table.contains("| `lane.count` | whole number, 1 to 64 | `1`; dedicated: `4` | Number of lanes."),
                table);
        assertTrue(table.contains("| `node.id` | whole number | (must be set) |"), table);
        assertTrue(table.contains("| `node.rack` | text, or empty | (empty) |"), table);
        assertTrue(table.contains("Seed \\| of everything"), table);
        assertEquals(SCHEMA.keys().size() + 2, table.lines().count());
    }

    @Test
    void shouldRefuseASchemaThatContradictsItself() {
        assertThrows(IllegalArgumentException.class, () -> ConfigKey.ofInt("Bad Name"));
        assertThrows(
                IllegalStateException.class,
                () -> ConfigKey.ofInt("undocumented").build());
        assertThrows(
                IllegalStateException.class,
                () -> ConfigKey.ofInt("broken")
                        .doc("Default breaks the rule.")
                        .defaultValue(5)
                        .rule(ConfigRule.range(1, 2))
                        .build());
        final ConfigKey<Integer> parent = ConfigKey.ofInt("a").doc("A.").build();
        final ConfigKey<Integer> child = ConfigKey.ofInt("a.b").doc("B.").build();
        assertThrows(
                IllegalArgumentException.class, () -> ConfigSchema.builder().add(parent, parent));
        assertThrows(
                IllegalStateException.class,
                () -> ConfigSchema.builder().add(parent, child).build());
        final EponaConfig config = load(null, "node.id=1");
        assertThrows(IllegalArgumentException.class, () -> config.get(parent));
    }

    @Test
    void shouldCountMistakesBetweenNames() {
        assertEquals(0, NearestName.distance("same", "same"));
        assertEquals(1, NearestName.distance("cuont", "count"));
        assertEquals(1, NearestName.distance("cout", "count"));
        assertEquals(3, NearestName.distance("", "abc"));
        assertEquals(2, NearestName.distance("kitten", "mittens"));
    }

    @Test
    void shouldWriteSizesAndDurationsWithTheLargestUnitThatFits() {
        assertEquals("0B", ConfigTypes.formatBytes(0));
        assertEquals("4097B", ConfigTypes.formatBytes(4097));
        assertEquals("4KiB", ConfigTypes.formatBytes(4096));
        assertEquals("3TiB", ConfigTypes.formatBytes(3L << 40));
        assertEquals("0s", ConfigTypes.formatDuration(Duration.ZERO));
        assertEquals("1ns", ConfigTypes.formatDuration(Duration.ofNanos(1)));
        assertEquals("20us", ConfigTypes.formatDuration(Duration.ofNanos(20_000)));
        assertEquals("61s", ConfigTypes.formatDuration(Duration.ofSeconds(61)));
        assertEquals("2m", ConfigTypes.formatDuration(Duration.ofMinutes(2)));
        assertEquals("36h", ConfigTypes.formatDuration(Duration.ofHours(36)));
        assertEquals("7d", ConfigTypes.formatDuration(Duration.ofDays(7)));
    }
}
