package io.epona.sequencer;

import static io.epona.codec.lane.LaneResult.DUPLICATE;
import static io.epona.codec.lane.LaneResult.DUPLICATE_SEQUENCE;
import static io.epona.codec.lane.LaneResult.INVALID_PRODUCER_EPOCH;
import static io.epona.codec.lane.LaneResult.OK;
import static io.epona.codec.lane.LaneResult.OUT_OF_ORDER_SEQUENCE;
import static io.epona.codec.lane.LaneResult.UNKNOWN_PARTITION;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.codec.RecordBatchDescriptor;
import io.epona.codec.lane.LaneResult;
import java.nio.ByteOrder;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ProducerRulesTest {
    private static final int PARTITION = 7;
    private static final long PRODUCER = 4711;
    private static final long EXPIRATION_MS = 1000;
    private static final int MAX_PRODUCERS = 4;

    private final LaneState state =
            new LaneState(new LaneStateConfig(LogScript.SPAN_LENGTH, MAX_PRODUCERS, EXPIRATION_MS));
    private final LogScript log = new LogScript();
    private long nowMs = 10_000;

    @BeforeEach
    void openPartition() {
        state.openPartition(PARTITION);
    }

    private LaneResult offer(final int epoch, final int baseSequence, final int recordCount) {
        return offer(PRODUCER, epoch, baseSequence, recordCount);
    }

    private LaneResult offer(final long producerId, final int epoch, final int baseSequence, final int recordCount) {
        return log.offer(state, PARTITION, Batches.idempotent(producerId, epoch, baseSequence, recordCount), nowMs);
    }

    @Test
    void shouldRefuseWhenThePartitionIsNotOpen() {
        assertEquals(UNKNOWN_PARTITION, log.offer(state, PARTITION + 1, Batches.plain(1, 5), nowMs));
        state.closePartition(PARTITION);
        assertEquals(UNKNOWN_PARTITION, offer(0, 0, 1));
    }

    @Test
    void shouldAcceptAnythingWhenThereIsNoProducerId() {
        for (int i = 0; i < 10; i++) {
            assertEquals(OK, log.offer(state, PARTITION, Batches.plain(3, 5), nowMs));
        }
        assertEquals(30, state.nextOffset(PARTITION));
        assertEquals(0, state.producerCount());
    }

    /** A producer with a higher id expires, so that this one may have been forgotten. */
    private void forgetProducers() {
        offer(PRODUCER + 1, 0, 0, 1);
        nowMs += EXPIRATION_MS;
        log.offer(state, PARTITION, Batches.plain(1, 5), nowMs);
        assertEquals(0, state.producerCount());
    }

    @Test
    void shouldAcceptAnyFirstSequenceWhenTheProducerMayHaveBeenForgotten() {
        forgetProducers();
        assertEquals(OK, offer(3, 12, 2));
        assertEquals(OK, offer(3, 14, 1));
    }

    @Test
    void shouldDemandSequenceZeroWhenTheProducerHasNeverWritten() {
        log.offer(state, PARTITION, Batches.plain(1, 5), nowMs);
        assertEquals(OUT_OF_ORDER_SEQUENCE, offer(3, 1, 2), "0 was refused by another leader and comes again");
        assertEquals(OK, offer(3, 0, 1));
        assertEquals(OK, offer(3, 1, 2));
        forgetProducers();
        assertEquals(OUT_OF_ORDER_SEQUENCE, offer(PRODUCER + 2, 0, 1, 1), "only older ones were forgotten");
        assertEquals(OK, offer(PRODUCER + 2, 0, 0, 1));
    }

    @Test
    void shouldRefuseWhenTheFirstSequenceIsNegative() {
        assertEquals(OUT_OF_ORDER_SEQUENCE, offer(0, -1, 2));
    }

    @Test
    void shouldRefuseWhenThereIsAGap() {
        assertEquals(OK, offer(0, 0, 5));
        assertEquals(OUT_OF_ORDER_SEQUENCE, offer(0, 6, 1));
        assertEquals(OK, offer(0, 5, 1));
        assertEquals(6, state.nextOffset(PARTITION));
    }

    @Test
    void shouldAnswerTheFirstOffsetWhenABatchIsRepeated() {
        log.offer(state, PARTITION, Batches.plain(100, 1), nowMs);
        for (int i = 0; i < 5; i++) {
            assertEquals(OK, offer(0, 2 * i, 2));
        }
        for (int i = 0; i < 5; i++) {
            assertEquals(DUPLICATE, offer(0, 2 * i, 2));
            assertEquals(100 + 2 * i, state.duplicateBaseOffset());
            assertFalse(state.duplicateDiffers());
        }
        assertEquals(110, state.nextOffset(PARTITION));
    }

    @Test
    void shouldTellADuplicateWhenItIsOlderThanTheFiveRemembered() {
        for (int i = 0; i < 6; i++) {
            assertEquals(OK, offer(0, i, 1));
        }
        assertEquals(DUPLICATE_SEQUENCE, offer(0, 0, 1));
        assertEquals(-1, state.duplicateBaseOffset());
        assertEquals(DUPLICATE, offer(0, 1, 1));
        assertEquals(6, state.nextOffset(PARTITION));
    }

    @Test
    void shouldRefuseWhatIsOlderThanTheFiveRememberedWhenNotAllFromZeroOnIsKnown() {
        forgetProducers();
        for (int i = 0; i < 6; i++) {
            assertEquals(OK, offer(0, 1 + i, 1));
        }
        assertEquals(OUT_OF_ORDER_SEQUENCE, offer(0, 0, 1), "it may have been refused");
        assertEquals(OUT_OF_ORDER_SEQUENCE, offer(0, 1, 1));
        assertEquals(DUPLICATE, offer(0, 2, 1));
        assertEquals(OK, offer(1, 0, 1), "a new epoch begins anew");
        for (int i = 1; i < 7; i++) {
            assertEquals(OK, offer(1, i, 1));
        }
        assertEquals(DUPLICATE_SEQUENCE, offer(1, 0, 1));
    }

    @Test
    void shouldKnowNothingOfWhatIsOlderWhenAFrameLeftAGap() {
        final LaneState leader = new LaneState(new LaneStateConfig(LogScript.SPAN_LENGTH, 1, EXPIRATION_MS));
        leader.openPartition(PARTITION);
        final LogScript led = new LogScript();
        final int[][] sequencesOf = {{0, 0}, {1, 0}, {0, 1}, {1, 1}, {0, 3}};
        for (final int[] sequence : sequencesOf) {
            final var batch = Batches.idempotent(PRODUCER + sequence[0], 0, sequence[1], 1);
            assertEquals(OK, led.offer(leader, PARTITION, batch, nowMs), "each makes the other be forgotten");
        }
        led.frames().forEach(frame -> frame.applyTo(state));
        for (int i = 4; i < 9; i++) {
            assertEquals(OK, led.offer(state, PARTITION, Batches.idempotent(PRODUCER, 0, i, 1), nowMs));
        }
        assertEquals(OUT_OF_ORDER_SEQUENCE, offer(0, 2, 1));
    }

    @Test
    void shouldRefuseWhenOnlyAPartOfABatchIsRepeated() {
        assertEquals(OK, offer(0, 0, 5));
        assertEquals(OUT_OF_ORDER_SEQUENCE, offer(0, 0, 4));
        assertEquals(OUT_OF_ORDER_SEQUENCE, offer(0, 1, 4));
    }

    @Test
    void shouldTellWhenADuplicateHasAnotherContent() {
        assertEquals(OK, offer(0, 0, 1));
        assertEquals(DUPLICATE, log.offer(state, PARTITION, Batches.of(PRODUCER, 0, 0, 1, "other", 0), nowMs));
        assertTrue(state.duplicateDiffers());
    }

    @Test
    void shouldFenceWhenTheEpochIsLower() {
        assertEquals(OK, offer(2, 0, 1));
        assertEquals(INVALID_PRODUCER_EPOCH, offer(1, 1, 1));
        assertEquals(INVALID_PRODUCER_EPOCH, offer(1, 0, 1));
    }

    @Test
    void shouldDemandSequenceZeroWhenTheEpochIsNew() {
        assertEquals(OK, offer(0, 0, 3));
        assertEquals(OUT_OF_ORDER_SEQUENCE, offer(1, 3, 1));
        assertEquals(OK, offer(1, 0, 1));
        assertEquals(INVALID_PRODUCER_EPOCH, offer(0, 3, 1));
        assertEquals(OUT_OF_ORDER_SEQUENCE, offer(1, 3, 1), "batches of the old epoch are forgotten");
    }

    @Test
    void shouldGoOnAtZeroWhenTheSequenceWraps() {
        forgetProducers();
        assertEquals(OK, offer(0, Integer.MAX_VALUE - 1, 2));
        assertEquals(OK, offer(0, 0, 1));
        assertEquals(OK, offer(0, 1, 1));
        assertEquals(DUPLICATE, offer(0, Integer.MAX_VALUE - 1, 2));
    }

    @Test
    void shouldGoOnWithinABatchWhenTheSequenceWraps() {
        forgetProducers();
        assertEquals(OK, offer(0, Integer.MAX_VALUE - 1, 5));
        assertEquals(OUT_OF_ORDER_SEQUENCE, offer(0, 2, 1));
        assertEquals(OK, offer(0, 3, 1));
    }

    /** As if the records were there; whether they are is not for the state to judge. */
    private LaneResult offerMany(final int baseSequence, final int recordCount) {
        final UnsafeBuffer batch = Batches.idempotent(PRODUCER, 0, baseSequence, 1);
        batch.putInt(RecordBatchDescriptor.LAST_OFFSET_DELTA_OFFSET, recordCount - 1, ByteOrder.BIG_ENDIAN);
        return log.offer(state, PARTITION, batch, nowMs);
    }

    /** All sequences were written from 0 on, and the last five batches are those up to this one. */
    private void writeAllUpTo(final int lastSequence) {
        assertEquals(OK, offerMany(0, lastSequence - 4));
        for (int i = 4; i >= 0; i--) {
            assertEquals(OK, offer(0, lastSequence - i, 1));
        }
    }

    @Test
    void shouldNotTakeForWrittenWhatComesTooEarlyBehindTheWrap() {
        writeAllUpTo(Integer.MAX_VALUE - 2);
        assertEquals(OUT_OF_ORDER_SEQUENCE, offer(0, 0, 1), "the one before was refused and comes again");
        assertEquals(OUT_OF_ORDER_SEQUENCE, offer(0, 7, 1));
        assertEquals(OK, offer(0, Integer.MAX_VALUE - 1, 2));
        assertEquals(OK, offer(0, 0, 1));
        assertEquals(DUPLICATE_SEQUENCE, offer(0, Integer.MAX_VALUE - 6, 1));
    }

    @Test
    void shouldTellADuplicateFromBeforeTheWrap() {
        writeAllUpTo(Integer.MAX_VALUE - 2);
        assertEquals(OK, offer(0, Integer.MAX_VALUE - 1, 4), "the wrap is within it");
        for (int i = 0; i < 5; i++) {
            assertEquals(OK, offer(0, 2 + i, 1));
        }
        assertEquals(DUPLICATE_SEQUENCE, offer(0, Integer.MAX_VALUE - 3, 1));
        assertEquals(DUPLICATE_SEQUENCE, offer(0, Integer.MAX_VALUE - 1, 4));
        assertEquals(OUT_OF_ORDER_SEQUENCE, offer(0, Integer.MAX_VALUE - 1, 5), "it was never written so");
        assertEquals(OUT_OF_ORDER_SEQUENCE, offer(0, 8, 1));
        final LaneState restarted = state.copy();
        final UnsafeBuffer late = Batches.idempotent(PRODUCER, 0, Integer.MAX_VALUE - 3, 1);
        assertEquals(DUPLICATE_SEQUENCE, log.offer(restarted, PARTITION, late, nowMs));
    }

    @Test
    void shouldNotTakeForWrittenBeforeTheWrapWhatIsAheadOfTheFirstSequences() {
        for (int i = 0; i < 6; i++) {
            assertEquals(OK, offer(0, i, 1));
        }
        assertEquals(OUT_OF_ORDER_SEQUENCE, offer(0, Integer.MAX_VALUE, 1));
    }

    @Test
    void shouldKeepPartitionsApartWhenAProducerWritesToSeveral() {
        state.openPartition(PARTITION + 1);
        assertEquals(OK, offer(0, 0, 1));
        assertEquals(OK, log.offer(state, PARTITION + 1, Batches.idempotent(PRODUCER, 0, 0, 1), nowMs));
        assertEquals(2, state.producerCount());
        assertEquals(OUT_OF_ORDER_SEQUENCE, offer(0, 2, 1));
    }

    @Test
    void shouldForgetAProducerWhenItHasNotWrittenForTooLong() {
        assertEquals(OK, offer(5, 0, 1));
        nowMs += EXPIRATION_MS - 1;
        assertEquals(OUT_OF_ORDER_SEQUENCE, offer(5, 9, 1));
        nowMs += 1;
        assertEquals(OK, offer(4, 9, 1));
        assertEquals(OK, offer(4, 10, 1));
        assertEquals(1, state.producerExpirations());
    }

    @Test
    void shouldNotExpireByRecordTimestampsWhenTheyAreOld() {
        assertEquals(OK, log.offer(state, PARTITION, Batches.of(PRODUCER, 0, 0, 1, "v", 1), nowMs));
        nowMs += EXPIRATION_MS / 2;
        assertEquals(OUT_OF_ORDER_SEQUENCE, offer(0, 9, 1));
    }

    @Test
    void shouldRememberOnlyTheOthersWhenDuplicatesDoNotRefresh() {
        assertEquals(OK, offer(0, 0, 1));
        nowMs += EXPIRATION_MS - 1;
        assertEquals(DUPLICATE, offer(0, 0, 1));
        nowMs += 1;
        assertEquals(OK, offer(0, 7, 1), "a duplicate is no write: it is not in the log");
    }

    @Test
    void shouldForgetTheOneThatWroteLongestAgoWhenThereAreTooMany() {
        for (int producer = 0; producer < MAX_PRODUCERS; producer++) {
            assertEquals(OK, offer(producer, 0, 0, 1));
        }
        assertEquals(OK, offer(0, 0, 1, 1), "producer 0 writes again");
        assertEquals(OK, offer(99, 0, 0, 1));
        assertEquals(MAX_PRODUCERS, state.producerCount());
        assertEquals(1, state.producerEvictions());
        assertEquals(DUPLICATE, offer(0, 0, 1, 1));
        assertEquals(DUPLICATE, offer(2, 0, 0, 1));
        assertEquals(OK, offer(1, 0, 55, 1), "producer 1 was forgotten");
    }
}
