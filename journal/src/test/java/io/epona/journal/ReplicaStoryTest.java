package io.epona.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.journal.PlantedRecovery.Fault;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Random lives of a replica's log against a model: what was durable and not cut is found, what was cut never comes back
 * behind newer frames. A failure prints its seed; {@code -Depona.seed=N} runs it alone. Rows 11, 17 and 45.
 */
@Timeout(240)
class ReplicaStoryTest {
    private static final int SEEDS = 4_000;
    private static final int SEEDS_TO_FIND_A_FAULT = 400;

    @Test
    void shouldFindWhatWasDurableAndNotCutWhateverHappens() {
        final Long only = Long.getLong("epona.seed");
        int cuts = 0;
        int tornCuts = 0;
        int begins = 0;
        for (long seed = null == only ? 0 : only; seed < (null == only ? SEEDS : only + 1); seed++) {
            final ReplicaStory story = new ReplicaStory(seed, Fault.NONE).run();
            cuts += story.cutCount;
            tornCuts += story.tornCutCount;
            begins += story.beginCount;
        }
        assertTrue(null != only || cuts > SEEDS, "cuts=" + cuts);
        assertTrue(null != only || tornCuts > SEEDS / 4, "torn cuts=" + tornCuts);
        assertTrue(null != only || begins > SEEDS / 4, "begins=" + begins);
    }

    @ParameterizedTest
    @EnumSource(names = {"UNCOMMITTED_TAKEN_FOR_COMMITTED", "NO_WIPE_BEHIND_CUT", "OLD_GENERATION_COUNTS"})
    void shouldNoticeAPlantedMistake(final Fault fault) {
        int found = 0;
        for (long seed = 0; seed < SEEDS_TO_FIND_A_FAULT && found == 0; seed++) {
            try {
                new ReplicaStory(seed, fault).run();
            } catch (final AssertionError ex) {
                found++;
            }
        }
        assertEquals(1, found, "not noticed within " + SEEDS_TO_FIND_A_FAULT + " seeds: " + fault);
    }
}
