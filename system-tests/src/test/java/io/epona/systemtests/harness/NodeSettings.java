package io.epona.systemtests.harness;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** How a node under test is started. Journals are small, so that starts are quick and the log comes round often. */
public final class NodeSettings {
    private final Path directory;
    private final Map<String, String> values = new LinkedHashMap<>();
    private final List<String> jvmOptions = new ArrayList<>();
    private final List<String> runner = new ArrayList<>();
    private String host = "127.0.0.1";
    private int port;

    private NodeSettings(final Path directory) {
        this.directory = directory;
    }

    /** A node with a ring of 1 MiB and a journal of 4 MiB. */
    public static NodeSettings small(final Path directory) {
        return new NodeSettings(directory)
                .set("counters.dir", directory.toString())
                .set("lane.ring.length", "1MiB")
                .set("lane.command-ring.length", "1MiB")
                .set("journal.segment.length", "1MiB")
                .set("journal.segment.count", "4")
                .set("checkpoint.interval.length", "512KiB")
                .set("checkpoint.idle", "200ms")
                .set("gateway.max-request.length", "8MiB")
                .set("gateway.max-in-flight.length", "32MiB");
    }

    /** A node as it comes, but for its directories and addresses. */
    public static NodeSettings defaults(final Path directory) {
        return new NodeSettings(directory).set("counters.dir", directory.toString());
    }

    /** Sets a configuration key. */
    public NodeSettings set(final String key, final String value) {
        values.put(key, value);
        return this;
    }

    /** Leaves a configuration key at its default. */
    public NodeSettings unset(final String key) {
        values.remove(key);
        return this;
    }

    /** Listens for Kafka clients on this port instead of any free one. */
    public NodeSettings port(final int port) {
        this.port = port;
        return this;
    }

    /** Listens on this address instead of 127.0.0.1. */
    public NodeSettings host(final String address) {
        host = address;
        return this;
    }

    /** Runs the process by another command, which must become the process itself ({@code ip netns exec NAME}). */
    public NodeSettings runBy(final String... command) {
        runner.addAll(List.of(command));
        return this;
    }

    /** Adds an option of the JVM. */
    public NodeSettings jvm(final String option) {
        jvmOptions.add(option);
        return this;
    }

    /** The data directory. */
    public Path directory() {
        return directory;
    }

    /** The value set for a key, or null. */
    public String get(final String key) {
        return values.get(key);
    }

    /** A length set in KiB or MiB, in bytes. */
    public long bytes(final String key) {
        final String value = get(key);
        final long number = Long.parseLong(value.replaceAll("[^0-9]", ""));
        return value.endsWith("KiB") ? number << 10 : value.endsWith("MiB") ? number << 20 : number;
    }

    /** A number that is set. */
    public int count(final String key) {
        return Integer.parseInt(get(key));
    }

    /** Where it listens for Kafka clients; the port is 0 when it is any. */
    public String listenAddress() {
        return host + ":" + port;
    }

    List<String> runner() {
        return runner;
    }

    List<String> jvmOptions() {
        return jvmOptions;
    }

    List<String> startArguments() {
        final List<String> arguments = new ArrayList<>(
                List.of("start", "--dir", directory.toString(), "--listen", listenAddress(), "--metrics", host + ":0"));
        values.forEach((key, value) -> arguments.addAll(List.of("--set", key + "=" + value)));
        return arguments;
    }
}
