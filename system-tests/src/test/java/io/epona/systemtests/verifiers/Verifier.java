package io.epona.systemtests.verifiers;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.epona.systemtests.harness.ClientProcess;
import io.epona.systemtests.harness.JavaCommand;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.TopicPartition;

/**
 * One of Kafka's verifying programs, a process as its script starts it. They print what they have seen, an event a
 * line, in JSON. Used by the test's thread; its events come on one of its own.
 */
final class Verifier implements AutoCloseable {
    private static final int EXIT_TIMEOUT_S = 120;
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final ClientProcess process;
    private final Queue<JsonNode> events = new ConcurrentLinkedQueue<>();

    /** Starts {@code org.apache.kafka.tools.PROGRAM}. */
    Verifier(final String program, final String... arguments) {
        process = ClientProcess.start(
                program,
                JavaCommand.ofProgram("org.apache.kafka.tools." + program, List.of(arguments)),
                line -> events.add(event(line)));
    }

    private static JsonNode event(final String line) {
        try {
            return MAPPER.readTree(line);
        } catch (final JsonProcessingException ex) {
            throw new IllegalStateException("no event: " + line, ex);
        }
    }

    /** Events of a name so far. */
    List<JsonNode> events(final String name) {
        return events.stream()
                .filter(event -> name.equals(event.path("name").asText()))
                .toList();
    }

    /** Number of events of a name so far. */
    int count(final String name) {
        return events(name).size();
    }

    /** The value of a number in the newest event that has it, 0 before there is one. */
    long newest(final String field) {
        return events.stream()
                .filter(event -> event.has(field))
                .mapToLong(event -> event.get(field).asLong())
                .reduce(0, (older, newer) -> newer);
    }

    /**
     * Records that events of a name tell of, by partition and offset. The same offset may be told of again, with the
     * same value.
     */
    Map<TopicPartition, TreeMap<Long, Integer>> records(final String name) {
        final Map<TopicPartition, TreeMap<Long, Integer>> records = new HashMap<>();
        for (final JsonNode event : events(name)) {
            final TopicPartition partition = new TopicPartition(
                    event.get("topic").asText(), event.get("partition").asInt());
            final long offset = event.get("offset").asLong();
            final int value = event.get("value").asInt();
            final Integer before =
                    records.computeIfAbsent(partition, key -> new TreeMap<>()).put(offset, value);
            if (before != null && before != value) {
                throw new AssertionError(
                        partition + ": offset=" + offset + ", value=" + value + ", value before=" + before);
            }
        }
        return records;
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** Waits for its end; returns the exit status. */
    int awaitExit() {
        return process.awaitExit(EXIT_TIMEOUT_S, TimeUnit.SECONDS);
    }

    /** SIGTERM, and waits for the end. */
    void stop() {
        process.terminate();
        awaitExit();
    }

    /** What it says besides its events. */
    String err() {
        return process.err();
    }

    @Override
    public void close() {
        process.close();
    }
}
