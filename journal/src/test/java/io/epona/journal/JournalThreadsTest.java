package io.epona.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.codec.FrameDescriptor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Appender and writer on threads of their own, on real files: the appender goes on writing into blocks that the device
 * is reading, as close behind the writer as it may, while ring and segments wrap.
 */
@Timeout(240)
class JournalThreadsTest {
    private static final int RING = 64 * 1024;
    private static final int FRAMES = 6_000;

    @TempDir
    Path directory;

    @Test
    void shouldFindEveryFrameWhenTheAppenderNeverWaitsForTheWriter() throws InterruptedException {
        final JournalConfig config = new JournalConfig(directory, 0, 1, 2, 3, 128 * 1024, 4, 4096, 16 * 1024);
        final List<Long> written = new ArrayList<>();
        final long from;
        try (TestLog log = TestLog.open(config, DirectSegmentStore.open(config), RING)) {
            final AtomicBoolean isRunning = new AtomicBoolean(true);
            final Thread writer = new Thread(() -> {
                while (isRunning.get() && !log.writer.isFenced()) {
                    if (log.writer.doWork() == 0) {
                        Thread.onSpinWait();
                    }
                }
            });
            writer.start();
            append(log, written);
            while (log.counters.durable().getAcquire() < log.end() && !log.writer.isFenced()) {
                Thread.onSpinWait();
            }
            isRunning.set(false);
            writer.join();
            assertEquals(List.of(), log.failures);
            from = log.counters.checkpointed().get();
        }
        try (TestLog log = TestLog.open(config, DirectSegmentStore.open(config), RING, from, from)) {
            written.removeIf(position -> position < from);
            assertTrue(written.size() > 10);
            assertEquals(written, log.recovered);
        }
    }

    private static void append(final TestLog log, final List<Long> written) {
        final Random random = new Random(3);
        for (int i = 0; i < FRAMES && !log.writer.isFenced(); i++) {
            final int payloadLength = TestLog.MIN_PAYLOAD + random.nextInt(i % 10 == 0 ? 12_000 : 600);
            // Worst case: padding and frame together.
            final long end = log.end() + 2L * (payloadLength + FrameDescriptor.HEADER_LENGTH + 8);
            while (end > limit(log) && !log.writer.isFenced()) {
                recycle(log, written);
                Thread.onSpinWait();
            }
            written.add(log.append(payloadLength));
        }
    }

    private static long limit(final TestLog log) {
        final long durable = log.counters.durable().getAcquire();
        return Math.min(
                RingLimits.ringAppendLimit(durable, durable, RING, log.config.blockLength()),
                RingLimits.journalAppendLimit(
                        log.counters.checkpointed().get(), log.config.segmentLength(), log.config.segmentCount()));
    }

    /** A frame's position in the middle of what is durable: recovery has something to read. */
    private static void recycle(final TestLog log, final List<Long> written) {
        final long durable = log.counters.durable().getAcquire();
        final long wanted = durable - log.config.segmentLength();
        if (wanted > log.counters.checkpointed().get()) {
            written.removeIf(position -> position < wanted);
            log.counters.checkpointed().setRelease(written.get(0));
        }
    }
}
