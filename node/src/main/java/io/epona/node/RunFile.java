package io.epona.node;

import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Properties;

/**
 * Where a running node can be reached, in a file of its data directory, so that tools need only the directory. Written
 * when the node is ready, removed when it stops cleanly; after a crash it names a process that is gone.
 *
 * @param pid process id of the node
 * @param kafka {@code host:port} of the Kafka listener
 * @param metrics {@code host:port} of the metrics server
 * @param counters the counters file
 */
public record RunFile(long pid, String kafka, String metrics, Path counters) {
    private static final String NAME = "node.run";

    /** Writes it, replacing an older one in one step. */
    void write(final Path directory) throws IOException {
        final Properties properties = new Properties();
        properties.setProperty("pid", Long.toString(pid));
        properties.setProperty("kafka", kafka);
        properties.setProperty("metrics", metrics);
        properties.setProperty("counters", counters.toString());
        final Path temporary = directory.resolve(NAME + ".new");
        try (Writer writer = Files.newBufferedWriter(temporary, StandardCharsets.UTF_8)) {
            properties.store(writer, null);
        }
        Files.move(temporary, directory.resolve(NAME), StandardCopyOption.ATOMIC_MOVE);
    }

    /** Removes it. */
    static void delete(final Path directory) throws IOException {
        Files.deleteIfExists(directory.resolve(NAME));
    }

    /**
     * Reads it.
     *
     * @throws NoSuchFileException when no node runs there, nor ended without being asked to
     * @throws IOException when it cannot be read or is not whole
     */
    public static RunFile read(final Path directory) throws IOException {
        final Path file = directory.resolve(NAME);
        final Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
            properties.load(reader);
        }
        try {
            return new RunFile(
                    Long.parseLong(required(properties, "pid")),
                    required(properties, "kafka"),
                    required(properties, "metrics"),
                    Path.of(required(properties, "counters")));
        } catch (final IllegalArgumentException ex) {
            throw new IOException("not a run file: file=" + file, ex);
        }
    }

    private static String required(final Properties properties, final String key) {
        final String value = properties.getProperty(key);
        if (value == null) {
            throw new IllegalArgumentException("missing key: key=" + key);
        }
        return value;
    }
}
