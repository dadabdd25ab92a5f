package io.epona.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.codec.FrameDescriptor;
import io.epona.journal.testing.SimulatedDevice;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A log is cut back to each shape that its end can have, with the ring shorter, equal and longer. */
@Timeout(120)
class TruncationShapeTest {
    static List<Object[]> shapes() {
        return TailShapeTest.shapes();
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("shapes")
    void shouldGoOnAtTheCutWhateverItsShape(final TailShapeTest.Sizes sizes, final TailShapeTest.Shape shape) {
        final JournalConfig config =
                new JournalConfig(Path.of("simulated"), 3, 5, 6, 2, sizes.segmentLength, 5, 4096, 16 * 1024);
        final SimulatedDevice device = new SimulatedDevice(config, 1);
        final List<Long> written = new ArrayList<>();
        final TestLog log = TestLog.open(config, device.segments(), sizes.ringLength);
        log.claimedDurable = 0;
        shape.write(log, written);
        log.flush();
        final long end = log.end();
        final long from = shape == TailShapeTest.Shape.FULL_JOURNAL ? config.segmentLength() : 0;
        log.counters.checkpointed().setRelease(from);
        written.removeIf(position -> position < from);
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < 1 + 4 * round; i++) {
                log.append(3_000 + i);
                if (round > 0) {
                    log.flush();
                }
            }
            assertTrue(log.truncate(end), () -> log.failures.toString());
            log.flush();
            assertEquals(end, log.counters.durable().get());
        }
        final TestLog next = TestLog.open(config, device.segments(), sizes.ringLength, from, from);
        assertEquals(written, next.recovered);
        assertEquals(FrameDescriptor.framePosition(end, next.spanLength), next.tail.position());
        assertEquals(0, next.tail.discardedFrameCount());
        next.counters.checkpointed().setRelease(from);
        for (int i = 0; i < 5; i++) {
            written.add(next.append(300 + i));
            next.flush();
        }
        assertEquals(List.of(), next.failures);
        assertEquals(written, TestLog.open(config, device.segments(), sizes.ringLength, from, from).recovered);
    }
}
