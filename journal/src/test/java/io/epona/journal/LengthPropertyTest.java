package io.epona.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.epona.journal.testing.SimulatedDevice;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/**
 * Whatever lengths frames have, and however many wait for a write, every device write is aligned in address, offset and
 * length (the simulated device refuses any other), and all is found again. Row 42 of the lessons.
 */
class LengthPropertyTest {
    @Property(tries = 300)
    void shouldWriteAlignedAndFindAllAgain(
            @ForAll @Size(min = 1, max = 120) final List<@IntRange(min = 61, max = 3900) Integer> payloadLengths,
            @ForAll @IntRange(max = 5) final int waiting,
            @ForAll @IntRange(max = 3) final int blockShift,
            @ForAll @IntRange(max = 4) final int writeShift,
            @ForAll @IntRange(max = 2) final int ringShift) {
        final int blockLength = 512 << blockShift;
        final JournalConfig config = new JournalConfig(
                Path.of("simulated"), 0, 1, 2, 3, 32 * 1024, 16, blockLength, blockLength << writeShift);
        final int ringLength = 16 * 1024 << ringShift;
        final SimulatedDevice device = new SimulatedDevice(config, 1);
        final TestLog log = TestLog.open(config, device.segments(), ringLength);
        final List<Long> written = new ArrayList<>();
        int count = 0;
        for (final int payloadLength : payloadLengths) {
            if (log.end() > config.capacity() - 10_000) {
                break;
            }
            final boolean isRoom = log.end() - log.counters.durable().get() < ringLength - 3 * 4096 - blockLength;
            if (!isRoom || count++ % (waiting + 1) == 0) {
                log.flush();
            }
            written.add(log.append(payloadLength));
        }
        log.flush();
        assertEquals(List.of(), log.failures);
        assertEquals(written, TestLog.open(config, device.segments(), ringLength).recovered);
    }
}
