package io.epona.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.journal.testing.PowerCutException;
import io.epona.journal.testing.SimulatedDevice;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The power fails during any write, data or header, and leaves any part of it; also during the recovery that follows.
 * What was durable is found; what is found is an unbroken beginning of what was appended.
 */
@Timeout(120)
class TornWriteTest {
    private static final int SEEDS = 3_000;
    private static final int LIVES = 4;

    @Test
    void shouldFindAllThatWasDurableWhereverTheLastWriteIsTorn() {
        for (int seed = 0; seed < SEEDS; seed++) {
            new Story(seed).run();
        }
    }

    /** Several lives of one journal. */
    private static final class Story {
        private final int seed;
        private final SplittableRandom random;
        private final JournalConfig config;
        private final int ringLength;
        private final SimulatedDevice device;
        private final List<Long> appended = new ArrayList<>();
        private long durable;

        Story(final int seed) {
            this.seed = seed;
            this.random = new SplittableRandom(seed);
            this.config =
                    new JournalConfig(Path.of("simulated"), 0, 1, 2, 3, 16 * 1024, 24, 512 << random.nextInt(4), 8192);
            this.ringLength = 8 * 1024 << random.nextInt(4);
            this.device = new SimulatedDevice(config, seed);
        }

        void run() {
            for (int life = 0; life < LIVES; life++) {
                final TestLog log = start();
                device.cutPowerDuring(1 + random.nextInt(25));
                for (int i = 0; i < 60 && device.isOn(); i++) {
                    work(log);
                }
                device.cutPower();
                device.restorePower();
            }
            start();
        }

        private TestLog start() {
            while (true) {
                if (random.nextInt(3) == 0) {
                    device.cutPowerDuring(1 + random.nextInt(4));
                }
                try {
                    final TestLog log = TestLog.open(config, device.segments(), ringLength);
                    device.cutPowerDuring(SimulatedDevice.NEVER);
                    check(log);
                    return log;
                } catch (final PowerCutException ex) {
                    device.restorePower();
                }
            }
        }

        private void check(final TestLog log) {
            final String place = "seed " + seed;
            final int count = log.recovered.size();
            assertTrue(count <= appended.size(), place);
            assertEquals(appended.subList(0, count), log.recovered, place);
            assertTrue(log.tail.position() >= durable, place + ": tail=" + log.tail + ", durable=" + durable);
            appended.subList(count, appended.size()).clear();
            durable = log.tail.position();
        }

        private void work(final TestLog log) {
            final int payloadLength = TestLog.MIN_PAYLOAD + random.nextInt(ringLength / 8);
            final boolean isRoom = log.end() - log.counters.durable().get()
                            < ringLength - 2 * payloadLength - 300 - config.blockLength()
                    && log.end() < config.capacity() - 3L * ringLength;
            if (isRoom && random.nextInt(3) > 0) {
                appended.add(log.append(payloadLength));
            } else {
                log.writer.doWork();
                durable = Math.max(durable, log.counters.durable().get());
            }
            assertTrue(
                    log.failures.stream().allMatch(PowerCutException.class::isInstance),
                    () -> "seed " + seed + ": " + log.failures);
        }
    }
}
