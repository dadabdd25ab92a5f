package io.epona.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.journal.testing.FaultySegmentStore;
import io.epona.journal.testing.SimulatedDevice;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the writer writes, when it publishes, and how it ends. Rows 36, 41, 42 and 48 of the lessons. */
@Timeout(60)
class JournalWriterTest {
    private static final int RING = 64 * 1024;
    private static final int MAX_WRITE = 8 * 1024;

    private final JournalConfig config =
            new JournalConfig(Path.of("simulated"), 0, 1, 2, 3, 128 * 1024, 3, 4096, MAX_WRITE);
    private final SimulatedDevice device = new SimulatedDevice(config, 5);
    private final FaultySegmentStore store = new FaultySegmentStore(device.segments());
    private final TestLog log = TestLog.open(config, store, RING);

    @Test
    void shouldDoOneWriteInADutyCycle() {
        for (int i = 0; i < 30; i++) {
            log.append(1000);
        }
        long writes = store.writeCount();
        while (log.counters.durable().get() < log.end()) {
            assertEquals(1, log.writer.doWork());
            assertEquals(++writes, store.writeCount());
        }
        assertEquals(0, log.writer.doWork());
        assertEquals(writes, store.writeCount());
    }

    @Test
    void shouldPublishOnlyWholeFrames() {
        final long first = log.append(30_000);
        final long second = log.append(1000);
        long last = 0;
        while (log.counters.durable().get() < log.end()) {
            log.writer.doWork();
            final long durable = log.counters.durable().get();
            assertTrue(durable == first || durable == second || durable == log.end(), "durable=" + durable);
            assertTrue(durable >= last);
            last = durable;
        }
    }

    @Test
    void shouldSignalOnceForEachAdvance() {
        log.append(100);
        log.flush();
        assertEquals(1, log.signals);
        log.writer.doWork();
        assertEquals(1, log.signals);
    }

    @Test
    void shouldNotPublishBeforeTheWriteHasReturned() {
        log.append(100);
        final long[] seen = {-1};
        device.onBusy(() -> seen[0] = log.counters.durable().get());
        log.flush();
        assertEquals(0, seen[0]);
    }

    @ParameterizedTest
    @ValueSource(ints = {5, 28, 0, 117})
    void shouldFenceItselfForEverWhenAWriteFailsOrIsShort(final int errno) {
        log.append(1000);
        log.flush();
        final long durable = log.counters.durable().get();
        store.failWrite(1, errno);
        log.append(1000);
        log.writer.doWork();
        assertTrue(log.writer.isFenced());
        assertEquals(1, log.failures.size());
        final JournalFailedException reason = assertInstanceOf(JournalFailedException.class, log.failures.get(0));
        assertEquals(errno, reason.errno());
        final long writes = store.writeCount();
        for (int i = 0; i < 10; i++) {
            log.append(1000);
            assertEquals(0, log.writer.doWork());
        }
        log.writer.onClose();
        assertEquals(writes, store.writeCount(), "nothing is tried again, not even a header");
        assertEquals(durable, log.counters.durable().get());
        assertEquals(1, log.failures.size());
        assertEquals(1, log.signals);
    }

    @Test
    void shouldFenceItselfWhenTheHeaderOfANewSegmentCannotBeWritten() {
        while (log.end() + 2000 < config.segmentLength()) {
            log.append(1000);
            log.flush();
        }
        log.append(3000);
        while (log.counters.durable().get() < config.segmentLength()) {
            log.writer.doWork();
        }
        store.failWrite(1, Errno.EIO);
        log.writer.doWork();
        assertTrue(log.writer.isFenced());
        assertEquals(config.segmentLength(), log.counters.durable().get());
        // Nothing of the new segment was acknowledged; the next start finds all that was.
        assertEquals(
                config.segmentLength(),
                TestLog.open(config, device.segments(), RING).tail.position());
    }

    @Test
    void shouldFindAllThatWasDurableWhenTheDeviceFailedInTheMiddleOfAWrite() {
        for (int i = 0; i < 20; i++) {
            log.append(1000);
            log.flush();
        }
        final long durable = log.counters.durable().get();
        device.failWrite(1, Errno.EIO);
        log.append(3000);
        log.flush();
        assertTrue(log.writer.isFenced());
        assertTrue(TestLog.open(config, device.segments(), RING).tail.position() >= durable);
    }

    @Test
    void shouldEndInsteadOfOverwritingWhatIsStillNeeded() {
        while (!log.writer.isFenced() && log.end() < 2 * config.capacity()) {
            log.append(1000);
            log.flush();
        }
        assertTrue(log.writer.isFenced());
        assertTrue(log.failures.get(0).getMessage().contains("still needed"), log.failures::toString);
        assertEquals(config.capacity(), log.counters.durable().get());
    }

    @Test
    void shouldEndWhenTheLaneHasOverwrittenWhatIsNotWritten() {
        for (int i = 0; i < 70; i++) {
            log.append(1000);
        }
        log.writer.doWork();
        assertTrue(log.writer.isFenced());
        assertTrue(log.failures.get(0).getMessage().contains("overwritten"), log.failures::toString);
        assertEquals(0, log.counters.durable().get());
    }

    @Test
    void shouldWriteWhatWaitsWhenItIsClosed() {
        for (int i = 0; i < 20; i++) {
            log.append(1000);
        }
        log.writer.onClose();
        assertEquals(log.end(), log.counters.durable().get());
        assertEquals(20, TestLog.open(config, device.segments(), RING).recovered.size());
    }

    @Test
    void shouldRefuseToOpenWhenASyncOrAReadFails() {
        final FaultySegmentStore unsynced = new FaultySegmentStore(device.segments());
        unsynced.failSync(Errno.EIO);
        assertThrows(JournalFailedException.class, () -> TestLog.open(config, unsynced, RING));
        final FaultySegmentStore unread = new FaultySegmentStore(device.segments());
        unread.failRead(Errno.EIO);
        assertThrows(JournalFailedException.class, () -> TestLog.open(config, unread, RING));
    }

    @Test
    void shouldFailTheStartWhenTheTailCannotBeWiped() {
        log.append(1000);
        log.flush();
        final FaultySegmentStore failing = new FaultySegmentStore(device.segments());
        failing.failWrite(1, Errno.ENOSPC);
        assertThrows(JournalFailedException.class, () -> TestLog.open(config, failing, RING));
        assertFalse(TestLog.open(config, device.segments(), RING).recovered.isEmpty());
    }

    @Test
    void shouldMakeOneWriterAfterOneRecovery() {
        assertThrows(IllegalStateException.class, () -> log.journal.recover(0, 0, (b, o, l, p) -> {}));
        assertThrows(
                IllegalStateException.class,
                () -> log.journal.writer(log.counters, null, null, (component, reason) -> {}));
    }
}
