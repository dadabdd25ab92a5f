package io.epona.sequencer.powercut;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Ten thousand seeds of power cuts. {@code -Depona.seed=N} replays one; {@code -Depona.seeds=COUNT} runs another
 * number.
 */
@Timeout(value = 300, unit = TimeUnit.SECONDS)
class PowerCutSimulationTest {
    private static final int SEEDS = Integer.getInteger("epona.seeds", 10_000);
    private static final int SEEDS_FOR_A_BUG = 3_000;
    private static final Long ONE_SEED = Long.getLong("epona.seed");

    @Test
    void shouldKeepEveryPromiseWheneverThePowerFails() {
        if (null != ONE_SEED) {
            new PowerCutSimulation(ONE_SEED, PlantedBug.NONE).run();
            return;
        }
        final long startNs = System.nanoTime();
        long acknowledged = 0;
        long starts = 0;
        int damaged = 0;
        int refused = 0;
        for (long seed = 0; seed < SEEDS; seed++) {
            final PowerCutSimulation simulation = new PowerCutSimulation(seed, PlantedBug.NONE).run();
            acknowledged += simulation.acknowledgedCount();
            starts += simulation.startCount();
            damaged += simulation.wasDamaged() ? 1 : 0;
            refused += simulation.wasRefused() ? 1 : 0;
        }
        final long elapsedMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNs);
        System.out.println("power-cut simulation: seeds=" + SEEDS + ", starts=" + starts + ", acknowledged batches="
                + acknowledged + ", damaged=" + damaged + ", refused=" + refused + ", ms=" + elapsedMs);
        assertTrue(acknowledged > SEEDS * 10L, "too little happened: acknowledged=" + acknowledged);
        assertTrue(refused > SEEDS / 100, "damage was hardly ever met: refused=" + refused);
    }

    @Test
    void shouldDoTheSameAgainWhenTheSeedIsTheSame() {
        for (long seed = 0; seed < 50; seed++) {
            assertEquals(
                    new PowerCutSimulation(seed, PlantedBug.NONE).run().fingerprint(),
                    new PowerCutSimulation(seed, PlantedBug.NONE).run().fingerprint(),
                    "seed " + seed);
        }
    }

    @ParameterizedTest
    @EnumSource(value = PlantedBug.class, mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void shouldFindTheBugWhenOneIsPlanted(final PlantedBug bug) {
        for (long seed = 0; seed < SEEDS_FOR_A_BUG; seed++) {
            try {
                new PowerCutSimulation(seed, bug).run();
            } catch (final Violation ex) {
                System.out.println(bug + " found: " + ex.getMessage());
                return;
            }
        }
        fail("not found in " + SEEDS_FOR_A_BUG + " seeds: " + bug);
    }
}
