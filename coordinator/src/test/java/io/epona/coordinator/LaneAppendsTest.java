package io.epona.coordinator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.codec.lane.LaneResult;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class LaneAppendsTest {
    private static final LaneAppends.Target TARGET =
            new LaneAppends.Target(0, FakeLane.PARTITION_INDEX, FakeLane.EPOCH, 0);

    private final FakeLane lane = new FakeLane();
    private final List<String> heard = new ArrayList<>();

    private CompletableFuture<LaneAppends.Appended> append(final String... values) {
        final ByteBuffer batch = FakeLane.batch(values).buffer();
        return lane.appends.append(
                TARGET, new UnsafeBuffer(batch, batch.position(), batch.remaining()), new LaneAppends.CommitListener() {
                    @Override
                    public void onCommitted(final LaneAppends.Appended appended) {
                        heard.add("committed " + appended.baseOffset());
                    }

                    @Override
                    public void onLeadershipLost() {
                        heard.add("lost");
                    }
                });
    }

    @Test
    void shouldTellOfCommitsInOrderWhenThePositionHasReachedThem() throws Exception {
        lane.lead(FakeLane.EPOCH);
        final var first = append("a", "b");
        final var second = append("c");
        assertEquals(2, lane.takeAll(FakeLane.EPOCH));
        lane.appends.doWork();
        assertEquals(0, first.get().baseOffset());
        assertEquals(2, second.get().baseOffset());
        assertEquals(List.of(), heard);
        lane.counters.committed().setRelease(first.get().endPosition());
        lane.appends.doWork();
        // The fake answers all with the end of the last: nothing is told before that is committed.
        lane.commitAll();
        lane.appends.doWork();
        assertEquals(List.of("committed 0", "committed 2"), heard);
        assertEquals(0, lane.appends.openCount());
        assertEquals(0, lane.appends.doWork());
    }

    @Test
    void shouldTellOfNoCommitWhenAnotherEpochHasReachedThePosition() throws Exception {
        lane.lead(FakeLane.EPOCH);
        append("a");
        lane.takeAll(FakeLane.EPOCH);
        lane.appends.doWork();
        lane.role.leadingEpoch().setRelease(FakeLane.EPOCH + 2);
        lane.commitAll();
        lane.appends.doWork();
        assertEquals(List.of("lost"), heard);
        assertEquals(0, lane.appends.openCount());
    }

    @Test
    void shouldSayWhyWhenTheLaneRefuses() {
        lane.lead(FakeLane.EPOCH);
        final var refused = append("a");
        lane.refuseAll(LaneResult.NOT_ENOUGH_REPLICAS);
        lane.appends.doWork();
        final ExecutionException failure = assertThrows(ExecutionException.class, refused::get);
        assertEquals(
                LaneResult.NOT_ENOUGH_REPLICAS,
                assertInstanceOf(LaneRefusedException.class, failure.getCause()).result());
        assertEquals(1, lane.appends.refused());
        assertEquals(0, lane.appends.openCount());
    }

    @Test
    void shouldOfferAgainInOrderWhenThereWasNoRoom() throws Exception {
        lane.lead(FakeLane.EPOCH);
        final List<CompletableFuture<LaneAppends.Appended>> all = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            all.add(append("value " + i));
        }
        while (lane.appends.openCount() > 0) {
            lane.takeAll(FakeLane.EPOCH);
            lane.commitAll();
            lane.appends.doWork();
        }
        for (int i = 0; i < all.size(); i++) {
            assertEquals(i, all.get(i).get().baseOffset());
            assertEquals("committed " + i, heard.get(i));
        }
    }

    @Test
    void shouldLetNobodyWaitWhenClosed() {
        lane.lead(FakeLane.EPOCH);
        final var pending = append("a");
        assertFalse(pending.isDone());
        lane.appends.close();
        assertTrue(pending.isCompletedExceptionally());
        assertTrue(append("b").isCompletedExceptionally());
        lane.takeAll(FakeLane.EPOCH);
        lane.appends.doWork();
        assertEquals(List.of(), heard);
    }
}
