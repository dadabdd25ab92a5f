package io.epona.replicator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A node whose process is killed comes back with other sessions, and streams go on in both directions. */
class TransportRestartTest {
    private static final int POLL_LIMIT = 64;

    /** Of the stop: longer than a second, so that it is none of the network's; Aeron's default patience is 10 s. */
    private static final long STOP_NS = TimeUnit.MILLISECONDS.toNanos(Long.getLong("io.epona.test.stop.ms", 3_000));

    private final UnsafeBuffer message = new UnsafeBuffer(new byte[40]);
    private final List<Path> leftBehind = new ArrayList<>();
    private Process child;
    private long echoed;

    /** Sends back on the live stream what it gets on the control stream. */
    static final class Echo {
        private Echo() {}

        public static void main(final String[] args) throws IOException {
            final Map<Integer, String> endpoints = Map.of(1, args[0], 2, args[1]);
            try (TestPeer two = TestPeer.start(2, endpoints)) {
                System.out.println(two.driver.directoryName());
                final UnsafeBuffer answer = new UnsafeBuffer(new byte[40]);
                final long parent =
                        ProcessHandle.current().parent().orElseThrow().pid();
                while (ProcessHandle.of(parent).isPresent()) {
                    for (int i = 0; i < 10_000; i++) {
                        two.transport.poll(
                                (buffer, offset, length) -> {
                                    answer.putLong(0, buffer.getLong(offset));
                                    return Offer.BACK_PRESSURED
                                            != two.transport.offerLive(1, 0, answer, 40, answer, 0, 0);
                                },
                                POLL_LIMIT);
                        two.transport.flush();
                        Thread.yield();
                    }
                }
            }
        }
    }

    private void startChild(final Map<Integer, String> endpoints) throws IOException {
        final List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(argument -> argument.startsWith("--"))
                .forEach(command::add);
        command.addAll(List.of("-Xmx128m", "-cp", System.getProperty("java.class.path"), Echo.class.getName()));
        command.addAll(List.of(endpoints.get(1), endpoints.get(2)));
        child = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        final BufferedReader output =
                new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8));
        leftBehind.add(Path.of(output.readLine()));
    }

    private void killChild() throws InterruptedException {
        if (null == child) {
            return;
        }
        child.destroyForcibly();
        assertTrue(child.waitFor(10, TimeUnit.SECONDS));
    }

    /** What a killed process cannot remove. */
    @AfterEach
    void removeLeftBehind() throws IOException, InterruptedException {
        killChild();
        for (final Path directory : leftBehind) {
            if (Files.exists(directory)) {
                try (Stream<Path> paths = Files.walk(directory)) {
                    for (final Path path :
                            paths.sorted(Comparator.reverseOrder()).toList()) {
                        Files.delete(path);
                    }
                }
            }
        }
    }

    private void awaitEcho(final TestPeer one, final long value) {
        Deadline.await("echo of " + value, () -> {
            message.putLong(0, value);
            one.transport.offerControl(2, message, 0, 40);
            one.transport.flush();
            one.transport.poll(
                    (buffer, offset, length) -> {
                        echoed = buffer.getLong(offset);
                        return true;
                    },
                    POLL_LIMIT);
            return echoed == value;
        });
    }

    @Test
    void shouldCarryMessagesAgainWhenAKilledNodeIsBack() throws IOException, InterruptedException {
        final Map<Integer, String> endpoints = TestPeer.endpoints(1, 2);
        try (TestPeer one = TestPeer.start(1, endpoints)) {
            for (int round = 1; round <= 3; round++) {
                startChild(endpoints);
                awaitEcho(one, round);
                killChild();
            }
            assertTrue(one.errors.isEmpty(), () -> one.errors.toString());
        }
    }

    private void signal(final String name) throws IOException, InterruptedException {
        final Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(child.pid())).start();
        assertEquals(0, kill.waitFor());
    }

    @Test
    void shouldCarryMessagesAgainWhenAStoppedNodeGoesOn() throws IOException, InterruptedException {
        final Map<Integer, String> endpoints = TestPeer.endpoints(1, 2);
        try (TestPeer one = TestPeer.start(1, endpoints)) {
            startChild(endpoints);
            awaitEcho(one, 1);
            signal("STOP");
            final long startNs = System.nanoTime();
            Deadline.await("the time of the stop", () -> System.nanoTime() - startNs > STOP_NS);
            signal("CONT");
            awaitEcho(one, 2);
            assertTrue(child.isAlive());
            assertTrue(one.errors.isEmpty(), () -> one.errors.toString());
        }
    }
}
