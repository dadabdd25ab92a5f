package io.epona.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.codec.FrameDescriptor;
import io.epona.journal.testing.SimulatedDevice;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What recovery puts into the ring: readers find there what they would have found before the stop. */
@Timeout(60)
class RingWindowTest {
    private static final int RING = 32 * 1024;

    private final JournalConfig config =
            new JournalConfig(Path.of("simulated"), 2, 21, 22, 4, 64 * 1024, 4, 4096, 8192);
    private final SimulatedDevice device = new SimulatedDevice(config, 1);

    private void write(final Random random, final TestLog log, final int count, final List<Long> written) {
        for (int i = 0; i < count; i++) {
            written.add(log.append(TestLog.MIN_PAYLOAD + random.nextInt(3_000)));
            log.flush();
            log.counters.checkpointed().setRelease(log.counters.durable().get());
        }
    }

    private record Window(LogRing ring, RecoveredTail tail) {
        List<Long> framesFrom(final long position) {
            final List<Long> found = new ArrayList<>();
            new RingReader(ring, ring.length())
                    .read(
                            position,
                            tail.position(),
                            (buffer, offset, length, at) -> {
                                TestLog.checkFrame(buffer, offset, length, at);
                                found.add(at);
                            },
                            Integer.MAX_VALUE);
            return found;
        }
    }

    private Window recover(final long from, final long ringFrom, final int ringLength) {
        final LogRing ring = LogRing.allocate(ringLength);
        try (Journal journal = Journal.open(config, device.segments(), ring)) {
            return new Window(ring, journal.recover(from, from, ringFrom, (buffer, offset, length, position) -> {}));
        }
    }

    @Test
    void shouldHoldEveryFrameFromTheWantedOneOnWhereverTheLogEnds() {
        final Random random = new Random(7);
        final List<Long> written = new ArrayList<>();
        for (int run = 0; run < 40; run++) {
            final long from = written.isEmpty() ? 0 : written.getLast();
            final TestLog log = TestLog.open(config, device.segments(), RING, from, from);
            write(random, log, 1 + random.nextInt(12), written);
            final long tail = log.end();
            final List<Long> reachable =
                    written.stream().filter(at -> at >= tail - RING).toList();
            for (final long wanted : reachable) {
                final Window window = recover(wanted, wanted, RING);
                assertTrue(
                        window.tail().ringStart() <= wanted,
                        "ringStart=" + window.tail().ringStart());
                assertEquals(
                        reachable.stream().filter(at -> at >= wanted).toList(),
                        window.framesFrom(wanted),
                        "run " + run);
            }
        }
        assertTrue(written.getLast() > 4L * 64 * 1024, "the journal was recycled");
    }

    @Test
    void shouldHoldNoMoreThanTheRingCanWhenMoreIsWanted() {
        final List<Long> written = new ArrayList<>();
        final TestLog log = TestLog.open(config, device.segments(), RING);
        write(new Random(3), log, 60, written);
        final Window window = recover(0, 0, RING);
        assertEquals(log.end() - RING, window.tail().ringStart());
        final List<Long> held =
                written.stream().filter(at -> at >= log.end() - RING).toList();
        assertEquals(held, window.framesFrom(held.getFirst()));
    }

    @Test
    void shouldHoldTheLastBlockAloneWhenNothingIsWanted() {
        final TestLog log = TestLog.open(config, device.segments(), RING);
        write(new Random(5), log, 20, new ArrayList<>());
        assertEquals(log.end() & -4096, recover(0, Long.MAX_VALUE, RING).tail().ringStart());
    }

    @Test
    void shouldHoldNoFramesThatMayStraddleTheEndOfAShorterRing() {
        final TestLog log = TestLog.open(config, device.segments(), RING);
        write(new Random(9), log, 10, new ArrayList<>());
        final Window shorter = recover(0, 0, RING / 2);
        assertEquals(shorter.tail().position(), shorter.tail().ringStart());
        assertEquals(0, FrameDescriptor.remainingInSpan(shorter.tail().position(), RING / 2) % (RING / 2));
    }
}
