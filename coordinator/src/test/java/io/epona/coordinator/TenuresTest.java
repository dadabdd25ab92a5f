package io.epona.coordinator;

import static io.epona.coordinator.FakeLane.partition;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class TenuresTest {
    private static final int ME = 1;

    private final List<String> told = new ArrayList<>();
    private final Tenures tenures = new Tenures(FakeLane.TOPIC, new Tenures.Coordinator() {
        @Override
        public void onElection(final int partition, final int number) {
            told.add("elected " + number);
        }

        @Override
        public void onResignation(final int partition, final OptionalInt number) {
            told.add("resigned " + number.getAsInt());
        }
    });

    private Tenure load() {
        final Tenure tenure = tenures.beginLoad(0);
        tenures.loaded(tenure, () -> told.add("loaded " + tenure.number()));
        return tenure;
    }

    @Test
    void shouldFollowTheLeaderWithRisingNumbersWhenItChanges() {
        tenures.follow(ME, List.of(partition(ME, 3)));
        tenures.follow(ME, List.of(partition(ME, 3)));
        tenures.follow(ME, List.of(partition(2, 4)));
        tenures.follow(ME, List.of(partition(ME, 5)));
        // Nobody told of the leader between.
        tenures.follow(ME, List.of(partition(ME, 7)));
        tenures.follow(ME, List.of());
        assertEquals(List.of("elected 1", "resigned 2", "elected 3", "resigned 4", "elected 5", "resigned 6"), told);
        assertEquals(0, tenures.electedCount());
    }

    @Test
    void shouldWriteInNobodysNameWhenNotLoadedOrOver() {
        assertNull(tenures.active(0));
        tenures.follow(ME, List.of(partition(ME, 3)));
        assertNull(tenures.active(0));
        final Tenure tenure = load();
        assertSame(tenure, tenures.active(0));
        assertEquals(3, tenure.leaderEpoch());
        tenures.follow(ME, List.of(partition(2, 4)));
        assertTrue(tenure.isOver());
        assertNull(tenures.active(0));
    }

    @Test
    void shouldNotEndALoadWhenItsTenureIsOver() {
        tenures.follow(ME, List.of(partition(ME, 3)));
        final Tenure first = tenures.beginLoad(0);
        tenures.follow(ME, List.of(partition(ME, 5)));
        told.clear();
        tenures.loaded(first, () -> told.add("loaded"));
        assertFalse(tenures.failed(first, () -> told.add("failed")));
        assertEquals(List.of(), told);
        assertNull(tenures.active(0));
        assertEquals(5, load().leaderEpoch());
    }

    @Test
    void shouldMatchLoadsWithElectionsInOrderWhenTheRuntimeIsBehind() {
        tenures.follow(ME, List.of(partition(ME, 3)));
        tenures.follow(ME, List.of(partition(ME, 5)));
        final Tenure first = tenures.beginLoad(0);
        assertEquals(3, first.leaderEpoch());
        assertTrue(first.isOver());
        final Tenure second = tenures.beginLoad(0);
        assertEquals(5, second.leaderEpoch());
        // One more load is a reload of the same.
        assertSame(second, tenures.beginLoad(0));
    }

    @Test
    void shouldBeginAnewWhenALoadFailed() {
        tenures.follow(ME, List.of(partition(ME, 3)));
        final Tenure failed = tenures.beginLoad(0);
        assertTrue(tenures.failed(failed, () -> told.add("failed")));
        tenures.again(failed);
        assertEquals(List.of("elected 1", "failed", "resigned 2", "elected 3"), told);
        assertNotSame(failed, tenures.beginLoad(0));
        // Of a tenure that is over nothing is begun anew.
        tenures.again(failed);
        assertEquals(4, told.size());
    }

    @Test
    void shouldTellListenersOfRisingCommitsUntilTheTenureIsOver() {
        tenures.follow(ME, List.of(partition(ME, 3)));
        final Tenure tenure = load();
        told.clear();
        tenure.listen((topicPartition, offset) -> told.add("committed " + offset));
        tenure.committed(4);
        tenure.committed(3);
        tenure.committed(6);
        tenures.follow(ME, List.of(partition(2, 4)));
        tenure.committed(8);
        assertEquals(List.of("committed 4", "committed 6", "resigned 2"), told);
    }
}
