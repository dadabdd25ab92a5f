package io.epona.sequencer;

import static io.epona.codec.lane.LaneResult.COORDINATOR_FENCED;
import static io.epona.codec.lane.LaneResult.DUPLICATE;
import static io.epona.codec.lane.LaneResult.INVALID_PRODUCER_EPOCH;
import static io.epona.codec.lane.LaneResult.INVALID_TRANSACTION_STATE;
import static io.epona.codec.lane.LaneResult.OK;
import static io.epona.codec.lane.LaneResult.OUT_OF_ORDER_SEQUENCE;
import static io.epona.codec.lane.LaneResult.VERIFY_TRANSACTION;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.epona.codec.lane.LaneResult;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Transactions as a lane sees them: who may open one, who may end one, and how long it is remembered. */
class TransactionRulesTest {
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

    private LaneResult unverified(final int epoch, final int sequence) {
        return log.offer(state, PARTITION, Batches.transactional(PRODUCER, epoch, sequence, 1), nowMs);
    }

    private LaneResult verified(final int epoch, final int sequence) {
        return log.offerVerified(state, PARTITION, Batches.transactional(PRODUCER, epoch, sequence, 1), nowMs);
    }

    private LaneResult end(final int epoch, final int coordinatorEpoch, final long origin) {
        final var marker = Batches.marker(PRODUCER, epoch, coordinatorEpoch, true, nowMs);
        final LaneResult result = log.offer(state, PARTITION, marker, nowMs, origin);
        if (result == DUPLICATE) {
            state.onMarkerWithoutTransaction(PARTITION, PRODUCER);
        }
        return result;
    }

    private List<String> open() {
        final List<String> open = new ArrayList<>();
        state.forEachOpenTransaction((partition, producer, offset) -> open.add(producer + "@" + offset));
        return open;
    }

    @Test
    void shouldAskTheCoordinatorOnceWhenATransactionBegins() {
        assertEquals(VERIFY_TRANSACTION, unverified(0, 0));
        assertEquals(0, state.nextOffset(PARTITION));
        assertEquals(OK, verified(0, 0));
        assertEquals(OK, unverified(0, 1));
        assertEquals(List.of(PRODUCER + "@0"), open());
    }

    @Test
    void shouldAskForALaterBatchTooWhenTheFirstIsBeingVerified() {
        assertEquals(OK, verified(3, 0));
        assertEquals(OK, end(4, 0, AppendOrigin.BUMPED_MARKER));
        assertEquals(VERIFY_TRANSACTION, unverified(4, 0));
        assertEquals(VERIFY_TRANSACTION, unverified(4, 1), "it belongs behind the first");
        assertEquals(OUT_OF_ORDER_SEQUENCE, verified(4, 1));
        assertEquals(OK, verified(4, 0));
        assertEquals(OK, unverified(4, 1));
    }

    /** A client may have five batches in flight, and the first may be verified before the lane has seen the second. */
    @Test
    void shouldAskForALaterBatchTooWhenTheFirstHasOpenedTheTransaction() {
        assertEquals(VERIFY_TRANSACTION, unverified(0, 0));
        assertEquals(VERIFY_TRANSACTION, unverified(0, 1));
        assertEquals(OK, verified(0, 0));
        assertEquals(VERIFY_TRANSACTION, unverified(0, 2), "it belongs behind the second");
        assertEquals(OK, verified(0, 1));
        assertEquals(OK, verified(0, 2));
        assertEquals(OK, unverified(0, 3));
        assertEquals(VERIFY_TRANSACTION, unverified(0, 5));
        assertEquals(OUT_OF_ORDER_SEQUENCE, verified(0, 5), "nobody is before it");
    }

    @Test
    void shouldAskAgainWhenTheTransactionWasEndedMeanwhile() {
        assertEquals(OK, verified(0, 0));
        final long late = AppendOrigin.verified(state.verification(PARTITION, PRODUCER));
        assertEquals(OK, end(0, 0, AppendOrigin.MARKER));
        final var batch = Batches.transactional(PRODUCER, 0, 1, 1);
        assertEquals(VERIFY_TRANSACTION, log.offer(state, PARTITION, batch, nowMs, late));
        assertEquals(List.of(), open());
    }

    @Test
    void shouldAskAgainWhenAMarkerFoundNothingToEndBeforeTheFirstBatchCame() {
        final long late = AppendOrigin.verified(state.verification(PARTITION, PRODUCER));
        assertEquals(DUPLICATE, end(0, 0, AppendOrigin.MARKER));
        assertEquals(0, state.nextOffset(PARTITION), "a marker without a transaction is not written");
        final var batch = Batches.transactional(PRODUCER, 0, 0, 1);
        assertEquals(VERIFY_TRANSACTION, log.offer(state, PARTITION, batch, nowMs, late));
        assertEquals(OK, verified(0, 0));
    }

    @Test
    void shouldRefuseALateBatchWhenTheMarkerHasRaisedTheEpoch() {
        assertEquals(OK, verified(3, 0));
        assertEquals(OK, end(4, 0, AppendOrigin.BUMPED_MARKER));
        assertEquals(INVALID_PRODUCER_EPOCH, unverified(3, 1));
        assertEquals(INVALID_PRODUCER_EPOCH, verified(3, 1));
        assertEquals(OUT_OF_ORDER_SEQUENCE, verified(4, 1));
        assertEquals(OK, verified(4, 0));
    }

    @Test
    void shouldRefuseALateMarkerWhenTheNextTransactionIsOpen() {
        assertEquals(OK, verified(3, 0));
        assertEquals(OK, end(4, 0, AppendOrigin.BUMPED_MARKER));
        assertEquals(OK, verified(4, 0));
        assertEquals(INVALID_PRODUCER_EPOCH, end(4, 0, AppendOrigin.BUMPED_MARKER));
        assertEquals(List.of(PRODUCER + "@2"), open());
        assertEquals(OK, end(5, 0, AppendOrigin.BUMPED_MARKER));
    }

    @Test
    void shouldTakeARepeatedMarkerForDoneWhenNothingIsOpen() {
        assertEquals(OK, verified(3, 0));
        assertEquals(OK, end(4, 0, AppendOrigin.BUMPED_MARKER));
        assertEquals(DUPLICATE, end(4, 0, AppendOrigin.BUMPED_MARKER));
        assertEquals(2, state.nextOffset(PARTITION));
    }

    @Test
    void shouldAlwaysWriteAMarkerWhenACoordinatorCountsOnItsOffset() {
        assertEquals(OK, end(4, 0, AppendOrigin.COORDINATOR));
        assertEquals(1, state.nextOffset(PARTITION));
        assertEquals(INVALID_PRODUCER_EPOCH, verified(3, 0));
    }

    @Test
    void shouldRefuseAMarkerWhenItsCoordinatorIsNoneAnyMore() {
        assertEquals(OK, verified(0, 0));
        assertEquals(OK, end(0, 6, AppendOrigin.MARKER));
        assertEquals(OK, verified(0, 1));
        assertEquals(COORDINATOR_FENCED, end(0, 5, AppendOrigin.MARKER));
        assertEquals(OK, end(0, 6, AppendOrigin.MARKER));
    }

    @Test
    void shouldRefuseOtherBatchesWhenATransactionIsOpen() {
        assertEquals(OK, verified(0, 0));
        assertEquals(
                INVALID_TRANSACTION_STATE, log.offer(state, PARTITION, Batches.idempotent(PRODUCER, 0, 1, 1), nowMs));
        assertEquals(VERIFY_TRANSACTION, unverified(1, 0), "the marker of the one before may be on its way");
        assertEquals(INVALID_TRANSACTION_STATE, verified(1, 0), "a transaction of an older epoch is still open");
    }

    @Test
    void shouldExpectNoSequenceWhenACoordinatorAppends() {
        for (int i = 0; i < 3; i++) {
            final var batch = Batches.transactional(PRODUCER, 0, 0, 2);
            assertEquals(OK, log.offer(state, PARTITION, batch, nowMs, AppendOrigin.COORDINATOR));
        }
        assertEquals(6, state.nextOffset(PARTITION));
        assertEquals(List.of(PRODUCER + "@0"), open());
    }

    @Test
    void shouldNeitherExpireNorEvictWhenATransactionIsOpen() {
        assertEquals(OK, verified(0, 0));
        nowMs += 10 * EXPIRATION_MS;
        for (int producer = 0; producer < 3 * MAX_PRODUCERS; producer++) {
            assertEquals(OK, log.offer(state, PARTITION, Batches.idempotent(producer, 0, 0, 1), nowMs));
        }
        assertEquals(MAX_PRODUCERS, state.producerCount());
        assertEquals(List.of(PRODUCER + "@0"), open());
        assertEquals(DUPLICATE, unverified(0, 0));
        assertEquals(OK, end(0, 0, AppendOrigin.MARKER));
    }

    @Test
    void shouldRememberAProducerFromItsMarkerOnWhenItsDataAreOld() {
        assertEquals(OK, verified(0, 0));
        nowMs += 10 * EXPIRATION_MS;
        assertEquals(OK, end(0, 0, AppendOrigin.MARKER));
        nowMs += EXPIRATION_MS - 1;
        assertEquals(OUT_OF_ORDER_SEQUENCE, verified(0, 5));
        nowMs += 1;
        assertEquals(OK, verified(0, 5));
    }

    @Test
    void shouldRefuseAnotherTransactionWhenThereIsNoRoomToRememberIt() {
        for (int producer = 0; producer < MAX_PRODUCERS; producer++) {
            final var batch = Batches.transactional(producer, 0, 0, 1);
            assertEquals(OK, log.offerVerified(state, PARTITION, batch, nowMs));
        }
        assertEquals(INVALID_TRANSACTION_STATE, verified(0, 0));
    }

    @Test
    void shouldForgetTransactionsWhenTheirPartitionIsDeleted() {
        assertEquals(OK, verified(0, 0));
        state.closePartition(PARTITION);
        assertEquals(0, state.openTransactionCount());
        assertEquals(1, state.producerCount());
    }

    @Test
    void shouldTellWhereAnEndedTransactionBeganWhenSomebodyListens() {
        final List<String> ended = new ArrayList<>();
        state.transactionListener((partition, producer, first, marker, position) ->
                ended.add(partition + " " + producer + " " + first + ".." + marker));
        log.offer(state, PARTITION, Batches.plain(5, 1), nowMs);
        assertEquals(OK, verified(0, 0));
        log.offer(state, PARTITION, Batches.plain(5, 1), nowMs);
        assertEquals(OK, end(0, 0, AppendOrigin.MARKER));
        assertEquals(OK, end(0, 0, AppendOrigin.COORDINATOR));
        assertEquals(List.of("7 4711 5..11"), ended);
    }
}
