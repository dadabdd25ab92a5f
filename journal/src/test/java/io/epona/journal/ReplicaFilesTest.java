package io.epona.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.codec.FrameDescriptor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.agrona.BufferUtil;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Cuts, and readers beside the writer, on real files with O_DIRECT. */
@Timeout(240)
class ReplicaFilesTest {
    @TempDir
    Path directory;

    @ParameterizedTest(name = "ring {0}, segment {1}")
    @CsvSource({"65536,262144", "65536,65536", "262144,65536", "16384,32768"})
    void shouldFindWhatWasNotCutWhateverRingAndSegmentLength(final int ringLength, final long segmentLength) {
        final JournalConfig config = new JournalConfig(directory, 0, 11, 12, 1, segmentLength, 5, 4096, 16 * 1024);
        final Random random = new Random(ringLength + segmentLength);
        final int longest = (int) Math.min(ringLength, segmentLength) / 16 - FrameDescriptor.HEADER_LENGTH;
        final List<Long> written = new ArrayList<>();
        final List<Integer> identities = new ArrayList<>();
        int identity = 1;
        long committed = 0;
        for (int life = 0; life < 12; life++) {
            try (TestLog log =
                    TestLog.openReplica(config, DirectSegmentStore.open(config), ringLength, committed, committed)) {
                removeBelow(committed, written, identities);
                assertEquals(written, log.recovered, "life " + life);
                assertEquals(identities, log.recoveredIdentities, "life " + life);
                log.epoch = life + 1;
                for (int round = 0; round < 4; round++) {
                    log.claimedDurable = committed;
                    log.counters.checkpointed().setRelease(committed);
                    for (int i = 0; i < 7; i++) {
                        log.identity = identity++;
                        written.add(log.append(TestLog.MIN_PAYLOAD + random.nextInt(longest - TestLog.MIN_PAYLOAD)));
                        identities.add(log.identity);
                        if (random.nextBoolean()) {
                            log.flush();
                        }
                    }
                    final int kept = written.size() - random.nextInt(7);
                    if (kept < written.size()) {
                        assertTrue(log.truncate(written.get(kept)), () -> log.failures.toString());
                        written.subList(kept, written.size()).clear();
                        identities.subList(kept, identities.size()).clear();
                    }
                    log.flush();
                    committed = written.get(written.size() - 1 - random.nextInt(Math.min(5, written.size())));
                    removeBelow(committed, written, identities);
                }
                assertEquals(List.of(), log.failures);
            }
        }
    }

    private static void removeBelow(final long position, final List<Long> written, final List<Integer> identities) {
        while (!written.isEmpty() && written.getFirst() < position) {
            written.removeFirst();
            identities.removeFirst();
        }
    }

    @Test
    void shouldHandOutOnlyWholeFramesWhileTheWriterRecyclesAndCuts() throws InterruptedException {
        final JournalConfig config = new JournalConfig(directory, 0, 1, 2, 3, 64 * 1024, 4, 4096, 16 * 1024);
        try (TestLog log = TestLog.open(config, DirectSegmentStore.open(config), 64 * 1024)) {
            final AtomicBoolean isRunning = new AtomicBoolean(true);
            final AtomicReference<Throwable> failure = new AtomicReference<>();
            final AtomicLong frameCount = new AtomicLong();
            final AtomicLong recycledCount = new AtomicLong();
            final List<Thread> threads = new ArrayList<>();
            threads.add(new Thread(() -> runWriter(log, isRunning)));
            for (int i = 0; i < 2; i++) {
                threads.add(new Thread(() -> {
                    try {
                        runReader(log, isRunning, frameCount, recycledCount);
                    } catch (final Throwable ex) {
                        failure.set(ex);
                    }
                }));
            }
            threads.forEach(Thread::start);
            appendAndCut(log, failure, recycledCount);
            isRunning.set(false);
            for (final Thread thread : threads) {
                thread.join();
            }
            assertEquals(null, failure.get());
            assertEquals(List.of(), log.failures);
            assertTrue(frameCount.get() > 1000, "frames=" + frameCount);
            assertTrue(recycledCount.get() > 10, "recycled=" + recycledCount);
        }
    }

    private static void runWriter(final TestLog log, final AtomicBoolean isRunning) {
        while (isRunning.get() && !log.writer.isFenced()) {
            if (log.writer.doWork() == 0) {
                Thread.onSpinWait();
            }
        }
    }

    private static void runReader(
            final TestLog log, final AtomicBoolean isRunning, final AtomicLong frameCount, final AtomicLong recycled) {
        final UnsafeBuffer target = new UnsafeBuffer(BufferUtil.allocateDirectAligned(64 * 1024, 4096));
        try (JournalReader reader = log.journal.openReader()) {
            long position = 0;
            while (isRunning.get()) {
                switch (reader.read(position, log.counters.durable().getAcquire(), target)) {
                    case OK -> {
                        frameCount.addAndGet(check(reader, target));
                        position = reader.nextPosition();
                    }
                    case END, RECYCLED -> {
                        recycled.incrementAndGet();
                        position = log.journal.bounds().oldestPosition();
                    }
                    case DAMAGED -> throw new AssertionError(reader.endCheck() + " at " + reader.place());
                }
            }
        }
    }

    private static int check(final JournalReader reader, final UnsafeBuffer target) {
        int count = 0;
        int offset = reader.offset();
        final int end = offset + reader.length();
        while (offset < end) {
            final int frameLength = FrameDescriptor.frameLength(target, offset);
            if (FrameDescriptor.type(target, offset) == FrameDescriptor.TYPE_RECORDS) {
                TestLog.checkFrame(target, offset, frameLength, reader.position() + offset - reader.offset());
                count++;
            }
            offset += FrameDescriptor.alignedLength(frameLength);
        }
        return count;
    }

    private static void appendAndCut(
            final TestLog log, final AtomicReference<Throwable> failure, final AtomicLong recycledCount) {
        final Random random = new Random(3);
        final long deadlineNs = System.nanoTime() + 60_000_000_000L;
        for (int i = 0; isGoingOn(log, failure) && (i < 4_000 || recycledCount.get() <= 10); i++) {
            assertTrue(System.nanoTime() < deadlineNs, "readers see nothing: recycled=" + recycledCount);
            final int payloadLength = TestLog.MIN_PAYLOAD + random.nextInt(i % 10 == 0 ? 9_000 : 600);
            final long end = log.end() + 2L * (payloadLength + FrameDescriptor.HEADER_LENGTH + 8);
            while (end > limit(log) && isGoingOn(log, failure)) {
                log.counters.checkpointed().setRelease(log.counters.durable().getAcquire());
                Thread.onSpinWait();
            }
            final long position = log.append(payloadLength);
            if (i % 50 == 0) {
                final long generation = log.journal.truncation().request(position);
                while (!log.journal.truncation().isDone(generation) && isGoingOn(log, failure)) {
                    Thread.onSpinWait();
                }
                log.resume(generation, position);
            }
        }
    }

    private static boolean isGoingOn(final TestLog log, final AtomicReference<Throwable> failure) {
        return !log.writer.isFenced() && null == failure.get();
    }

    private static long limit(final TestLog log) {
        final long durable = log.counters.durable().getAcquire();
        return Math.min(
                RingLimits.ringAppendLimit(durable, durable, log.ring.length(), log.config.blockLength()),
                RingLimits.journalAppendLimit(
                        log.counters.checkpointed().get(), log.config.segmentLength(), log.config.segmentCount()));
    }
}
