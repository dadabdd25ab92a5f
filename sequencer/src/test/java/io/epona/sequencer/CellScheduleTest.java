package io.epona.sequencer;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.epona.sequencer.testing.ReplicationFault;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Many random schedules: none loses or replaces what was committed, and each planted fault is found. */
class CellScheduleTest {
    private static final int SEEDS = Integer.getInteger("cell.schedule.seeds", 200);
    private static final int FIRST_SEED = Integer.getInteger("cell.schedule.first", 0);
    private static final int STEPS = 6_000;
    private static final int MAX_SEEDS_TO_FIND = 500;

    @Test
    void shouldKeepWhatWasCommittedWhateverHappens() {
        long committed = 0;
        int elections = 0;
        int crashes = 0;
        for (int seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
            final CellSchedule schedule = new CellSchedule(seed);
            try {
                schedule.run(STEPS);
            } catch (final RuntimeException ex) {
                fail("seed " + seed + ": " + ex.getMessage(), ex);
            }
            committed += schedule.committedLength();
            elections += schedule.elections();
            crashes += schedule.crashes();
        }
        System.out.println("cell schedules: seeds=" + SEEDS + ", committedLength=" + committed + ", elections="
                + elections + ", crashes=" + crashes);
        assertTrue(committed > SEEDS * 1_000L && elections > SEEDS && crashes > SEEDS, "too little happens");
    }

    @ParameterizedTest
    @EnumSource
    void shouldFindAPlantedFault(final ReplicationFault fault) {
        for (int seed = 0; seed < MAX_SEEDS_TO_FIND; seed++) {
            try {
                new CellSchedule(seed, fault).run(STEPS);
            } catch (final RuntimeException ex) {
                System.out.println(fault + " found: seed " + seed + ": " + ex.getMessage());
                return;
            }
        }
        fail("not found: " + fault);
    }
}
