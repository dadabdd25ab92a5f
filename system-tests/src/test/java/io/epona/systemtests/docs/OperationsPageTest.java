package io.epona.systemtests.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.epona.node.config.NodeSchema;
import io.epona.node.config.ServiceKeys;
import io.epona.node.config.StorageKeys;
import io.epona.runtime.CounterType;
import io.epona.runtime.config.ConfigKey;
import io.epona.runtime.config.EponaConfig;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.junit.jupiter.api.Test;

/** What docs/operations.md says by hand about metrics, messages and defaults is what the code has. */
class OperationsPageTest {
    private static final Pattern QUOTED = Pattern.compile("`([^`]+)`");
    private static final Pattern KEY = Pattern.compile(
            "(agent|background|checkpoint|counters|data|gateway|idle|journal|kafka|lane|log|metrics|node|producer|ring"
                    + "|topic)\\.[a-z.-]+");
    private static final Pattern FILE = Pattern.compile(".*\\.(lock|log|run|conf)");
    private static final List<String> OTHER_SERIES = List.of(
            "epona_stage_seconds",
            "epona_stage_breaches_total",
            "epona_stage_budget_seconds",
            "process_resident_memory_bytes");

    @Test
    void shouldSayOfEachMetricWhatIsNormal() throws IOException {
        final Set<String> exported = Stream.concat(
                        Stream.of(CounterType.values()).map(CounterType::seriesName), OTHER_SERIES.stream())
                .collect(Collectors.toCollection(TreeSet::new));
        assertEquals(exported, documentedMetrics());
    }

    @Test
    void shouldQuoteOnlyMessagesThatTheCodeHas() throws IOException {
        final String sources = Documents.mainSources();
        final List<String> unknown = MarkedText.read("docs/operations.md")
                .checked("messages")
                .lines()
                .filter(line -> line.startsWith("| "))
                .flatMap(line -> quoted(line.split("\\|")[1]))
                .filter(message -> !sources.contains(message))
                .toList();
        assertEquals(List.of(), unknown);
    }

    @Test
    void shouldNameOnlyKeysThatAreConfiguration() throws IOException {
        final List<String> keys =
                NodeSchema.SCHEMA.keys().stream().map(ConfigKey::name).toList();
        final List<String> unknown = Stream.of(
                        MarkedText.read("docs/operations.md"),
                        MarkedText.read("docs/user-guide.md"),
                        MarkedText.read("docs/compatibility.md"),
                        MarkedText.read("docs/architecture.md"))
                .flatMap(document -> quoted(document.text()))
                .filter(word ->
                        KEY.matcher(word).matches() && !FILE.matcher(word).matches())
                .filter(word -> !keys.contains(word) && !LogConfig.configKeys().containsKey(word))
                .toList();
        assertEquals(List.of(), unknown);
    }

    @Test
    void shouldNameTheDefaultsThatANodeHas() throws IOException {
        final EponaConfig config = EponaConfig.load(NodeSchema.SCHEMA, Optional.empty(), List.of());
        final String said = MarkedText.read("README.md")
                .text()
                .lines()
                .filter(line -> line.startsWith("./epona start  "))
                .collect(Collectors.joining());
        assertEquals(
                "./epona start     # a node: Kafka on " + config.get(ServiceKeys.KAFKA_LISTEN) + ", metrics on "
                        + config.get(ServiceKeys.METRICS_LISTEN) + ", data in ./" + config.get(StorageKeys.DATA_DIR),
                said);
    }

    /** The metrics that the page says something of. */
    static Set<String> documentedMetrics() throws IOException {
        return quoted(MarkedText.read("docs/operations.md").checked("metrics"))
                .filter(word -> word.startsWith("epona_") || word.startsWith("process_"))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Stream<String> quoted(final String text) {
        return QUOTED.matcher(text).results().map((MatchResult quote) -> quote.group(1));
    }
}
