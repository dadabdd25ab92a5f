package io.epona.systemtests.cell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Thousands of seeds of whole cells with faults of every kind. {@code -Depona.seeds=COUNT} runs another number; a seed
 * that fails is printed with the command that runs it again.
 */
@Timeout(value = 600, unit = TimeUnit.SECONDS)
class CellSimulationTest {
    private static final int SEEDS = Integer.getInteger("epona.seeds", 2_000);

    @Test
    void shouldKeepEveryPromiseWhateverHappensToTheCell() throws InterruptedException {
        final ByteArrayOutputStream output = new ByteArrayOutputStream();
        final String[] arguments = {"--seeds", Integer.toString(SEEDS)};
        final int status = SimulateCommand.run(arguments, new PrintStream(output, true, StandardCharsets.UTF_8));
        final String text = output.toString(StandardCharsets.UTF_8);
        System.out.println(text);
        assertEquals(0, status, text);
    }

    @Test
    void shouldDoTheSameAgainWhenTheSeedIsTheSame() {
        for (long seed = 0; seed < 20; seed++) {
            final SimulationReport first = new CellSimulation(seed, PlantedBug.NONE, false).run();
            final SimulationReport second = new CellSimulation(seed, PlantedBug.NONE, true).run();
            assertEquals(first, second, "seed " + seed);
        }
    }

    @Test
    void shouldBringEveryKindOfTroubleAndStillWorkWhenManySeedsRun() {
        int faults = 0;
        int leaders = 0;
        int starts = 0;
        int acknowledged = 0;
        int gone = 0;
        final int seeds = 60;
        for (long seed = 10_000; seed < 10_000 + seeds; seed++) {
            final SimulationReport report = new CellSimulation(seed, PlantedBug.NONE, false).run();
            faults += report.faultCount();
            leaders += report.leaderChangeCount();
            starts += report.startCount();
            acknowledged += report.acknowledgedCount();
            gone += report.isDataGone() ? 1 : 0;
        }
        assertTrue(faults > 5 * seeds, "too few faults: " + faults);
        assertTrue(leaders > 2 * seeds, "too few leaders: " + leaders);
        assertTrue(starts > 6 * seeds, "too few starts: " + starts);
        assertTrue(acknowledged > 100 * seeds, "too little was acknowledged: " + acknowledged);
        assertTrue(gone < seeds / 10, "too many seeds ended by loss of every copy: " + gone);
    }
}
