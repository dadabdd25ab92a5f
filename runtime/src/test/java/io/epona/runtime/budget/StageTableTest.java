package io.epona.runtime.budget;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

class StageTableTest {
    private static final long MS = 1_000_000;

    private final Map<Stage, Histogram> histograms = new EnumMap<>(Stage.class);

    private void record(final Stage stage, final long elapsedNs, final long count) {
        histograms
                .computeIfAbsent(stage, any -> new Histogram(1, StageRecorder.HIGHEST_NS, StageRecorder.DIGITS))
                .recordValueWithCount(elapsedNs, count);
    }

    @Test
    void shouldShowStagesWithTheirPartsAndNameTheOneThatAteTheBudget() {
        record(Stage.PRODUCE, 210_000, 30_000);
        record(Stage.COMMIT, 190_000, 29_986);
        record(Stage.COMMIT, 12 * MS, 14);
        record(Stage.SEQUENCE, 12_000, 30_000);
        record(Stage.JOURNAL, 170_000, 29_900);
        record(Stage.JOURNAL, 11 * MS, 100);
        record(Stage.DELIVER, 6 * MS, 3);
        record(Stage.END_TO_END, 800_000, 30_000);

        final List<String> lines = StageTable.lines(histograms);
        assertTrue(lines.get(0).startsWith("stage"), lines.get(0));
        assertTrue(lines.get(1).matches("produce +5 ms +210 us.* 30,000 +0"), lines.get(1));
        assertTrue(
                lines.get(2).matches("commit +10 ms +190 us .* 12 ms +30,000 +14  over budget, most of all"),
                lines.get(2));
        assertTrue(lines.get(3).matches("  sequence +- +12 us.* 30,000 +-"), lines.get(3));
        assertTrue(lines.get(4).matches("  journal +- .* 11 ms +30,000 +-  longest part of commit"), lines.get(4));
        assertTrue(lines.get(5).endsWith("over budget"), lines.get(5));
        assertEquals(7, lines.size());
        assertEquals(Optional.of(Stage.COMMIT), Culprits.of(histograms));
        assertEquals(Optional.of(Stage.JOURNAL), Culprits.largestPart(Stage.COMMIT, histograms));
    }

    @Test
    void shouldNameNobodyWhenTheBudgetWasKept() {
        record(Stage.COMMIT, 10 * MS, 5);
        record(Stage.DELIVER, 1, 5);
        assertEquals(Optional.empty(), Culprits.of(histograms));
        assertFalse(StageTable.render(histograms).contains("over budget"));
        assertEquals(0, Culprits.breaches(Stage.COMMIT, histograms.get(Stage.COMMIT)));
    }

    @Test
    void shouldShowDashesWhenNothingWasRecorded() {
        histograms.put(Stage.COMMIT, new Histogram(1, StageRecorder.HIGHEST_NS, StageRecorder.DIGITS));
        assertTrue(StageTable.lines(histograms).get(1).matches("commit +10 ms( +-){4} +0 +0"));
    }

    @Test
    void shouldUseTheUnitThatSuitsTheTime() {
        assertEquals("0 ns", StageTable.duration(0));
        assertEquals("999 ns", StageTable.duration(999));
        assertEquals("1 us", StageTable.duration(1_000));
        assertEquals("1.23 us", StageTable.duration(1_234));
        assertEquals("12.3 us", StageTable.duration(12_345));
        assertEquals("123 us", StageTable.duration(123_456));
        assertEquals("1 ms", StageTable.duration(999_999));
        assertEquals("10 ms", StageTable.duration(9_999_000));
        assertEquals("100 ms", StageTable.duration(99_990_000));
        assertEquals("1 s", StageTable.duration(999_900_000));
        assertEquals("60 s", StageTable.duration(60_000_000_000L));
    }

    @Test
    void shouldFollowTheDesignsBudgets() {
        long sumNs = 0;
        for (final Stage stage : Stage.values()) {
            if (stage.isInSum()) {
                sumNs += stage.budgetNs();
            }
            assertEquals(stage, Stage.of(stage.ordinal()));
            assertEquals(stage, Stage.ofLabel(stage.label()));
        }
        assertEquals(100 * MS, sumNs);
        assertEquals(Stage.END_TO_END.budgetNs(), sumNs);
        assertEquals(Stage.COMMIT, Stage.JOURNAL.parent());
        assertEquals(2, Stage.DEVICE_WRITE.depth());
        assertTrue(Stage.COMMIT.isBreachedBy(10 * MS + 1));
        assertFalse(Stage.COMMIT.isBreachedBy(10 * MS));
        assertFalse(Stage.SEQUENCE.isBreachedBy(Long.MAX_VALUE));
        assertEquals(Stage.count(), Stage.values().length);
        assertThrows(IllegalArgumentException.class, () -> Stage.ofLabel("teleport"));
    }

    @Test
    void shouldNameTheStageWithTheLargestExcess() {
        assertEquals(Stage.PRODUCE, Culprits.ofRecord(90 * MS, 5 * MS, MS, 10 * MS, 110 * MS));
        assertEquals(Stage.COMMIT, Culprits.ofRecord(5 * MS, 95 * MS, MS, 10 * MS, 115 * MS));
        assertEquals(Stage.DELIVER, Culprits.ofRecord(5 * MS, 5 * MS, 90 * MS, 10 * MS, 112 * MS));
        assertEquals(Stage.PROCESS, Culprits.ofRecord(5 * MS, 5 * MS, MS, 110 * MS, 125 * MS));
        assertEquals(Stage.RESERVE, Culprits.ofRecord(MS, MS, MS, MS, 101 * MS));
        assertEquals(Stage.SEQUENCE, Culprits.ofCommit(5, 4));
        assertEquals(Stage.JOURNAL, Culprits.ofCommit(4, 5));
    }

    /** Budgets of the stages add up to the whole, so a record over the whole has a stage over its own. */
    @Property
    void shouldNameAStageOverItsOwnBudgetWhenTheWholeIsOver(
            @ForAll @LongRange(min = 0, max = 200 * MS) final long produceNs,
            @ForAll @LongRange(min = 0, max = 200 * MS) final long commitNs,
            @ForAll @LongRange(min = 0, max = 200 * MS) final long deliverNs,
            @ForAll @LongRange(min = 0, max = 200 * MS) final long processNs,
            @ForAll @LongRange(min = 0, max = 200 * MS) final long restNs) {
        final long wholeNs = produceNs + commitNs + deliverNs + processNs + restNs;
        final Stage culprit = Culprits.ofRecord(produceNs, commitNs, deliverNs, processNs, wholeNs);
        final long culpritNs = switch (culprit) {
            case PRODUCE -> produceNs;
            case COMMIT -> commitNs;
            case DELIVER -> deliverNs;
            case PROCESS -> processNs;
            default -> Culprits.reserveNs(produceNs, commitNs, deliverNs, processNs, wholeNs);
        };
        if (Stage.END_TO_END.isBreachedBy(wholeNs)) {
            assertTrue(culprit.isBreachedBy(culpritNs), culprit + " " + culpritNs);
        }
    }
}
