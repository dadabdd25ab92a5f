package io.epona.systemtests.harness;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A client of Epona in a process of its own: a program of Kafka's, or one in another language. Each line that it prints
 * goes to its listener as it comes, on a thread of this process. Ends with the JVM of the tests at the latest.
 */
public final class ClientProcess implements AutoCloseable {
    private static final int KILL_TIMEOUT_S = 20;

    private final String name;
    private final Process process;
    private final Path errFile;
    private final Thread reader;
    private final List<RuntimeException> failures = new CopyOnWriteArrayList<>();

    private ClientProcess(
            final String name, final Process process, final Path errFile, final Consumer<String> listener) {
        this.name = name;
        this.process = process;
        this.errFile = errFile;
        reader = Thread.ofPlatform().daemon().name("output-of-" + name).start(() -> read(listener));
    }

    /** Starts a command; the listener is told of each line of its standard output. */
    public static ClientProcess start(final String name, final List<String> command, final Consumer<String> listener) {
        try {
            Files.createDirectories(JavaCommand.work());
            final Path errFile = Files.createTempFile(JavaCommand.work(), name, ".err");
            final ProcessBuilder builder = new ProcessBuilder(command).redirectError(errFile.toFile());
            return new ClientProcess(name, ChildProcesses.start(builder), errFile, listener);
        } catch (final IOException ex) {
            throw new UncheckedIOException(ex);
        }
    }

    private void read(final Consumer<String> listener) {
        try (BufferedReader lines = process.inputReader()) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                listener.accept(line);
            }
        } catch (final IOException ex) {
            failures.add(new UncheckedIOException(ex));
        } catch (final RuntimeException ex) {
            failures.add(ex);
        }
    }

    /** Whether it runs. */
    public boolean isAlive() {
        return process.isAlive();
    }

    /** SIGTERM. What it prints until its end is read, unlike after {@link Process#destroy}. */
    public void terminate() {
        process.toHandle().destroy();
    }

    /** Waits for its end and for all that it printed; returns the exit status. */
    public int awaitExit(final long timeout, final TimeUnit unit) {
        try {
            if (!process.waitFor(timeout, unit)) {
                throw new AssertionError(name + " does not end; it says:\n" + err());
            }
            reader.join(unit.toMillis(timeout));
        } catch (final InterruptedException ex) {
            throw new IllegalStateException(ex);
        }
        ChildProcesses.forget(process);
        if (!failures.isEmpty()) {
            throw new AssertionError("what " + name + " printed is not understood", failures.getFirst());
        }
        return process.exitValue();
    }

    /** Standard error so far. */
    public String err() {
        try {
            return Files.readString(errFile);
        } catch (final IOException ex) {
            throw new UncheckedIOException(ex);
        }
    }

    /** Kills it if it runs, and forgets what it printed. */
    @Override
    public void close() {
        process.destroyForcibly();
        try {
            process.waitFor(KILL_TIMEOUT_S, TimeUnit.SECONDS);
            ChildProcesses.forget(process);
            Files.deleteIfExists(errFile);
        } catch (final InterruptedException ex) {
            throw new IllegalStateException(ex);
        } catch (final IOException ex) {
            throw new UncheckedIOException(ex);
        }
    }
}
