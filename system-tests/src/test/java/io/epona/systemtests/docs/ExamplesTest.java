package io.epona.systemtests.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Runs the examples of the documents as they stand there, but for the node's addresses, which the system chooses. */
@Timeout(120)
class ExamplesTest {
    private static final String README = "README.md";
    private static final String USER_GUIDE = "docs/user-guide.md";
    private static final String KAFKA = "127.0.0.1:9092";
    private static final String METRICS = "127.0.0.1:9644";
    private static final String BUILT_JARS = "'node/target/lib/*'";
    private static final long EXAMPLE_TIMEOUT_S = 60;

    private static final Map<String, String> OUTPUTS = new HashMap<>();

    private static ExampleNode node;

    @TempDir
    private Path directory;

    @BeforeAll
    static void startNode() throws IOException {
        node = ExampleNode.start();
    }

    @AfterAll
    static void stopNode() throws IOException {
        node.close();
    }

    @Test
    void shouldSendAndReceiveTheFirstMessageWithKcat() throws Exception {
        assumeTrue(
                run("command -v kcat").status() == 0,
                "kcat is not installed (apt-get install kcat): README's example with it was not run");
        assertEquals(
                List.of("hello from kcat"),
                succeed(example(README, "kcat"))
                        .lines()
                        .filter(line -> line.startsWith("hello from kcat"))
                        .distinct()
                        .toList());
    }

    @Test
    void shouldSendAndReceiveTheFirstMessageWithJava() throws Exception {
        final String out = runHello();
        assertTrue(out.contains("on the device at offset "), out);
        assertTrue(out.contains("hello from Java"), out);
    }

    @Test
    void shouldMakeATopic() throws Exception {
        final String out = runJava("MakeTopic.java");
        assertTrue(out.contains("name=orders"), out);
        assertEquals(4, out.split("\\(partition=", -1).length - 1, out);
    }

    @Test
    void shouldReadAll() throws Exception {
        runHello();
        final String out = runJava("ReadAll.java");
        assertTrue(out.lines().anyMatch(line -> line.matches("\\d+ hello from Java")), out);
    }

    @Test
    void shouldMoveRecordsInATransaction() throws Exception {
        runHello();
        final String out = runJava("Copy.java");
        assertTrue(out.lines().anyMatch(line -> line.matches("moved [1-9]\\d*")), out);
    }

    @Test
    void shouldReportProcessTimes() throws Exception {
        assertEquals("200 ok", runJava("ReportTimes.java").strip());
        final String stages = get("/stages");
        assertTrue(stages.contains("Tag=risk-engine.process,"), stages);
        assertTrue(stages.contains("Tag=risk-engine.end-to-end,"), stages);
    }

    /** A node alone has nobody to replicate to. */
    private static boolean isOfSeveralNodes(final String metric) {
        return metric.startsWith("epona_replica")
                || metric.startsWith("epona_install")
                || metric.matches("epona_lane_(tenures|truncat|in_sync_proposals|peer|gaps|outbox|journal_stalls).*");
    }

    @Test
    void shouldExportEveryMetricThatIsDocumented() throws Exception {
        runJava("ReportTimes.java");
        runHello();
        final Set<String> exported = get("/metrics")
                .lines()
                .filter(line -> line.startsWith("epona_") || line.startsWith("process_"))
                .map(line -> line.replaceAll("[{ ].*", "").replaceAll("(epona_stage_seconds)_(count|sum)", "$1"))
                .collect(Collectors.toCollection(TreeSet::new));
        final Set<String> expected = new TreeSet<>(OperationsPageTest.documentedMetrics());
        expected.removeIf(name -> !exported.contains(name) && isOfSeveralNodes(name));
        assertEquals(expected, exported);
    }

    private String runHello() throws Exception {
        return runOnce(README, "Hello.java", example(README, "java"));
    }

    private String runJava(final String name) throws Exception {
        return runOnce(USER_GUIDE, name, "java -cp " + BUILT_JARS + ' ' + name);
    }

    /** Several tests look at what one example did, and each costs a JVM and a compilation. */
    private String runOnce(final String document, final String name, final String command) throws Exception {
        String output = OUTPUTS.get(name);
        if (output == null) {
            save(document, name);
            output = succeed(withJars(command));
            OUTPUTS.put(name, output);
        }
        return output;
    }

    private void save(final String document, final String name) throws IOException {
        Files.writeString(directory.resolve(name), example(document, name));
    }

    private static String example(final String document, final String name) throws IOException {
        return MarkedText.read(document)
                .example(name)
                .replace(KAFKA, node.kafka())
                .replace(METRICS, node.metrics());
    }

    /** A test may run before the jars are gathered, so it takes its own, in which the clients are the same. */
    private static String withJars(final String command) {
        assertTrue(command.startsWith("java -cp " + BUILT_JARS), command);
        final Path java = Path.of(System.getProperty("java.home"), "bin", "java");
        return command.replace(BUILT_JARS, '\'' + System.getProperty("java.class.path") + '\'')
                .replaceFirst("^java ", '\'' + java.toString() + "' ");
    }

    private static String get(final String path) throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            final HttpResponse<String> response = client.send(
                    HttpRequest.newBuilder(URI.create("http://" + node.metrics() + path))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            assertEquals(200, response.statusCode(), response.body());
            return response.body();
        }
    }

    private record Result(int status, String output) {}

    private String succeed(final String command) throws Exception {
        final Result result = run(command);
        assertEquals(0, result.status(), command + '\n' + result.output());
        return result.output();
    }

    private Result run(final String command) throws Exception {
        final Path output = directory.resolve("output");
        final Process process = new ProcessBuilder("bash", "-euo", "pipefail", "-c", command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        if (!process.waitFor(EXAMPLE_TIMEOUT_S, TimeUnit.SECONDS)) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly().waitFor();
            throw new IllegalStateException(
                    "example did not end: command=" + command + ", output=" + Files.readString(output));
        }
        return new Result(process.exitValue(), Files.readString(output));
    }
}
