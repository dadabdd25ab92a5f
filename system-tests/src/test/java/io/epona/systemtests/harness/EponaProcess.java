package io.epona.systemtests.harness;

import io.epona.runtime.CounterType;
import io.epona.runtime.NodeCountersReader;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Epona in a process of its own, as a user runs it. What it prints is kept. Ends with the JVM of the tests at the
 * latest.
 */
public final class EponaProcess implements AutoCloseable {
    /** Time for a start that has nothing unusual to do, on a machine that is busy with other tests. */
    private static final int READY_TIMEOUT_S = 240;

    /** A start that takes longer is worth a look at what its threads do. */
    private static final int SLOW_START_S = 15;

    private static final int EXIT_TIMEOUT_S = 60;

    /** Several waits and not a long one, which would be over when this process itself was stopped for some time. */
    private static final Duration OUTPUT_WAIT = Duration.ofMillis(100);

    private static final int OUTPUT_WAITS = 50;
    private static final Pattern READY = Pattern.compile("epona: ready, kafka on (\\S+), metrics on (\\S+)");
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private record Addresses(String kafka, String metrics) {}

    private final NodeSettings settings;
    private final Process process;
    private final Path errFile;
    private final StringBuffer out = new StringBuffer();
    private final CompletableFuture<Addresses> ready = new CompletableFuture<>();
    private final long startedNs = System.nanoTime();
    private volatile long readyNs;
    private volatile Thread reader;

    private EponaProcess(final NodeSettings settings, final Process process, final Path errFile) {
        this.settings = settings;
        this.process = process;
        this.errFile = errFile;
    }

    /** Starts a node and waits until it serves. */
    public static EponaProcess start(final NodeSettings settings) {
        final EponaProcess node = launch(settings);
        try {
            node.awaitReady();
            return node;
        } catch (final RuntimeException | Error ex) {
            node.close();
            throw ex;
        }
    }

    /** Starts a node without waiting for it. */
    public static EponaProcess launch(final NodeSettings settings) {
        return launch(JavaCommand.of(settings.jvmOptions(), settings.startArguments()), settings);
    }

    /** Runs another command of {@code epona} on the settings' directory, without waiting for it. */
    public static EponaProcess command(final NodeSettings settings, final String... arguments) {
        return launch(JavaCommand.of(settings.jvmOptions(), List.of(arguments)), settings);
    }

    static EponaProcess launch(final List<String> command, final NodeSettings settings) {
        try {
            Files.createDirectories(JavaCommand.work());
            final Path errFile = Files.createTempFile(JavaCommand.work(), "epona", ".err");
            final List<String> whole = new ArrayList<>(settings.runner());
            whole.addAll(command);
            final ProcessBuilder builder = new ProcessBuilder(whole);
            builder.environment()
                    .keySet()
                    .removeIf(name -> name.startsWith("EPONA_") || name.equals("JDK_JAVA_OPTIONS"));
            builder.redirectError(errFile.toFile());
            final Process process = ChildProcesses.start(builder);
            final EponaProcess node = new EponaProcess(settings, process, errFile);
            node.reader = Thread.ofVirtual().start(node::readOutput);
            return node;
        } catch (final IOException ex) {
            throw new UncheckedIOException(ex);
        }
    }

    private void readOutput() {
        try (BufferedReader reader = process.inputReader()) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                out.append(line).append('\n');
                final Matcher matcher = READY.matcher(line);
                if (matcher.matches()) {
                    readyNs = System.nanoTime();
                    ready.complete(new Addresses(matcher.group(1), matcher.group(2)));
                }
            }
            ready.completeExceptionally(new IllegalStateException("ended before it was ready"));
        } catch (final IOException ex) {
            ready.completeExceptionally(ex);
        }
    }

    /** Waits until the node serves. */
    public EponaProcess awaitReady() {
        addresses();
        return this;
    }

    private Addresses addresses() {
        try {
            noteSlowStart();
            return ready.get(READY_TIMEOUT_S, TimeUnit.SECONDS);
        } catch (final TimeoutException ex) {
            throw new AssertionError("epona is not ready: " + out + err() + threadDump(), ex);
        } catch (final ExecutionException ex) {
            throw new AssertionError("epona ended before it was ready; it says:\n" + out + err(), ex);
        } catch (final InterruptedException ex) {
            throw new IllegalStateException(ex);
        }
    }

    private void noteSlowStart() throws InterruptedException, ExecutionException {
        try {
            ready.get(SLOW_START_S, TimeUnit.SECONDS);
        } catch (final TimeoutException ex) {
            System.err.println("a slow start: " + threadDump());
        }
    }

    /** What all threads of the process do. */
    private String threadDump() {
        signal("QUIT");
        // The dump has no end that could be waited for.
        LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(2));
        return out.toString();
    }

    /** From the start of the process until it said that it is ready. */
    public long startupMs() {
        addresses();
        return TimeUnit.NANOSECONDS.toMillis(readyNs - startedNs);
    }

    /** Address of the Kafka listener. */
    public String bootstrap() {
        return addresses().kafka();
    }

    /** Port of the Kafka listener. */
    public int port() {
        final String address = bootstrap();
        return Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
    }

    /** What the metrics server answers to a path. */
    public HttpResponse<String> http(final String path) throws IOException, InterruptedException {
        return HTTP.send(
                HttpRequest.newBuilder(URI.create("http://" + addresses().metrics() + path))
                        .timeout(Duration.ofSeconds(30))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    /** The settings that it was started with. */
    public NodeSettings settings() {
        return settings;
    }

    /** Whether the process runs. */
    public boolean isAlive() {
        return process.isAlive();
    }

    /** SIGKILL, and waits for the end. */
    public void kill() {
        process.destroyForcibly();
        awaitExit(EXIT_TIMEOUT_S, TimeUnit.SECONDS);
    }

    /** SIGTERM. */
    public void terminate() {
        process.destroy();
    }

    /** SIGTERM, and waits for the end; returns the exit status. */
    public int stop() {
        terminate();
        return awaitExit(EXIT_TIMEOUT_S, TimeUnit.SECONDS);
    }

    /** The exit status of a process that has ended. */
    public int exitStatus() {
        return process.exitValue();
    }

    /** Waits for the end; returns the exit status. */
    public int awaitExit(final long timeout, final TimeUnit unit) {
        try {
            if (!process.waitFor(timeout, unit)) {
                throw new AssertionError("epona does not end; it says:\n" + out + err() + threadDump());
            }
            awaitOutput();
        } catch (final InterruptedException ex) {
            throw new IllegalStateException(ex);
        }
        ChildProcesses.forget(process);
        return process.exitValue();
    }

    /** What it has printed last is still to be read; a child of its own may have the pipe open for longer. */
    private void awaitOutput() throws InterruptedException {
        for (int wait = 0; wait < OUTPUT_WAITS && !reader.join(OUTPUT_WAIT); wait++) {
            // Once more.
        }
    }

    /** Sends a signal by its name. */
    public void signal(final String name) {
        try {
            new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                    .start()
                    .waitFor();
        } catch (final IOException ex) {
            throw new UncheckedIOException(ex);
        } catch (final InterruptedException ex) {
            throw new IllegalStateException(ex);
        }
    }

    /** Resident memory in bytes. */
    public long residentLength() throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/" + process.pid() + "/status"))) {
            return lines.filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024)
                    .findFirst()
                    .orElseThrow();
        }
    }

    /** Standard output so far. */
    public String out() {
        return out.toString();
    }

    /** Standard error so far. */
    public String err() {
        try {
            return Files.readString(errFile);
        } catch (final IOException ex) {
            throw new UncheckedIOException(ex);
        }
    }

    /** Value of a lane's counter, of a running process or one that has ended. */
    public long laneCounter(final CounterType type, final int laneId) {
        try (NodeCountersReader reader = NodeCountersReader.open(countersFile())) {
            return reader.view().value(type, laneId);
        }
    }

    /** Distinct errors in the node's error log, of a running process or one that has ended. */
    public List<String> errors() {
        final Path file = countersFile();
        if (!Files.exists(file)) {
            return List.of();
        }
        try (NodeCountersReader reader = NodeCountersReader.open(file)) {
            return reader.view().errors().stream()
                    .map(error -> error.count() + " x " + error.text())
                    .toList();
        }
    }

    private Path countersFile() {
        if (!Files.isDirectory(settings.directory())) {
            return settings.directory().resolve("none");
        }
        try {
            final String directory = settings.directory().toRealPath().toString();
            return Path.of(settings.get("counters.dir"), "epona" + directory.replace('/', '_') + ".counters");
        } catch (final IOException ex) {
            throw new UncheckedIOException(ex);
        }
    }

    /** Kills the process if it runs, and forgets what it printed. */
    @Override
    public void close() {
        process.destroyForcibly();
        awaitExit(EXIT_TIMEOUT_S, TimeUnit.SECONDS);
        try {
            Files.deleteIfExists(errFile);
        } catch (final IOException ex) {
            throw new UncheckedIOException(ex);
        }
    }
}
