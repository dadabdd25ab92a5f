package io.epona.partitionlog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Processes that compact a log all the time are killed; nothing of the log may be lost. */
@Timeout(240)
class CompactionKillTest {
    private static final int KILLS = 6;

    @TempDir
    Path directory;

    @Test
    void shouldLoseNothingWhenKilledWhileCompacting() throws Exception {
        final long seed = System.nanoTime();
        final Random random = new Random(seed);
        boolean wasInterrupted = false;
        for (int run = 1; run <= KILLS; run++) {
            // Now and then as if the machine had started again: then nothing that is remembered counts.
            runAndKill(run, "boot " + run / 2, random, seed);
            wasInterrupted = wasInterrupted || hasLeftOvers();
        }
        final KeyedHistory history = new KeyedHistory(77);
        try (TestLane lane = CompactingProcess.lane(history, KILLS);
                TestShelf shelf =
                        CompactingProcess.recovered(lane, directory, CompactingProcess.partitions(), "the last boot")) {
            final int gone = history.check(shelf.logs);
            assertTrue(gone > 0, "seed=" + seed);
            CompactionTest.clean(shelf);
            assertTrue(history.check(shelf.logs) >= gone);
            assertEquals(0, shelf.logs.cleaningStats().failures());
        }
        System.out.println("kills=" + KILLS + ", one in the middle of a cleaning: " + wasInterrupted);
    }

    private boolean hasLeftOvers() {
        final String[] names = directory
                .resolve("a-0")
                .toFile()
                .list((parent, name) -> name.endsWith(".cleaned") || name.endsWith(".swap"));
        return names != null && names.length > 0;
    }

    private void runAndKill(final int run, final String boot, final Random random, final long seed)
            throws IOException, InterruptedException {
        final List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                CompactingProcess.class.getName(),
                directory.toString(),
                Integer.toString(run),
                boot));
        final Path err = directory.resolveSibling(directory.getFileName() + ".err");
        final Process process =
                new ProcessBuilder(command).redirectError(err.toFile()).start();
        try (BufferedReader out = process.inputReader()) {
            final String line = out.readLine();
            assertEquals(CompactingProcess.READY, line, () -> "seed=" + seed + ", run=" + run + ": " + textOf(err));
            for (int cleanings = 1 + random.nextInt(4); cleanings > 0; cleanings--) {
                assertEquals(
                        CompactingProcess.CLEANED,
                        out.readLine(),
                        () -> "seed=" + seed + ", run=" + run + ": " + textOf(err));
            }
            LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(random.nextInt(60_000)));
            assertTrue(process.isAlive(), () -> "seed=" + seed + ", run=" + run + ": " + textOf(err));
        } finally {
            process.destroyForcibly();
            process.waitFor();
            Files.deleteIfExists(err);
        }
    }

    private static String textOf(final Path file) {
        try {
            return Files.readString(file);
        } catch (final IOException e) {
            return e.toString();
        }
    }
}
