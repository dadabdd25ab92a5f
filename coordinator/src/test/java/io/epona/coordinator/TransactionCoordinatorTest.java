package io.epona.coordinator;

import static io.epona.coordinator.TestTransactions.ONE;
import static io.epona.coordinator.TestTransactions.OTHER;
import static io.epona.coordinator.TestTransactions.THIRD;
import static org.apache.kafka.server.common.TransactionVersion.TV_0;
import static org.apache.kafka.server.common.TransactionVersion.TV_2;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.codec.lane.LaneResult;
import io.epona.coordinator.TransactionCoordinator.Answer;
import io.epona.coordinator.TransactionCoordinator.Producer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.ListTransactionsRequestData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.utils.ProducerIdAndEpoch;
import org.apache.kafka.server.common.TransactionVersion;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class TransactionCoordinatorTest {
    private static final String ID = "till";
    private static final int TIMEOUT_MS = 60_000;

    @TempDir
    private Path directory;

    private TestTransactions bench;

    @BeforeEach
    void start() {
        bench = new TestTransactions(directory, Map.of());
    }

    @AfterEach
    void stop() {
        bench.close();
    }

    private Producer begin() {
        return producer(init());
    }

    private Answer init() {
        return bench.await(bench.coordinator.initProducerId(ID, TIMEOUT_MS, Optional.empty()));
    }

    private static Producer producer(final Answer answer) {
        assertEquals(Errors.NONE, answer.error());
        return new Producer(ID, answer.producerId(), answer.producerEpoch());
    }

    private Errors add(final Producer producer, final TransactionVersion version, final TopicPartition... partitions) {
        return bench.await(bench.coordinator.addPartitions(producer, Set.of(partitions), version));
    }

    private Answer end(final Producer producer, final boolean isCommit, final TransactionVersion version) {
        return bench.await(bench.coordinator.endTransaction(producer, isCommit, version));
    }

    /** A producer whose transaction before is committed, while no marker of it is taken. */
    private Producer nextWhileOneEnds() {
        bench.markerErrors.put(ONE, Errors.NOT_LEADER_OR_FOLLOWER);
        final Producer first = begin();
        add(first, TV_2, ONE);
        return producer(end(first, true, TV_2));
    }

    private static Producer withEpoch(final Producer producer, final int epoch) {
        return new Producer(ID, producer.producerId(), (short) epoch);
    }

    private void awaitState(final String state) {
        bench.runUntil(() -> state.equals(bench.state(ID)));
    }

    @Test
    void shouldWriteMarkersToAllPartitionsWithTheNextEpochWhenATransactionIsCommitted() {
        final Producer producer = begin();
        assertEquals(Errors.NONE, add(producer, TV_2, ONE, OTHER));
        assertEquals("Ongoing", bench.state(ID));
        final Answer ended = end(producer, true, TV_2);
        assertEquals(Errors.NONE, ended.error());
        assertEquals(producer.producerId(), ended.producerId());
        assertEquals(producer.producerEpoch() + 1, ended.producerEpoch());
        awaitState("CompleteCommit");
        final String who = " COMMIT " + ended.producerId() + "/" + ended.producerEpoch() + " by 1";
        assertEquals(
                List.of("0" + who, "1" + who), bench.markers.stream().sorted().toList());
    }

    @Test
    void shouldGiveTheSameAnswerAgainWhenAnEndIsRepeated() {
        final Producer producer = begin();
        add(producer, TV_2, ONE);
        final Answer first = end(producer, true, TV_2);
        awaitState("CompleteCommit");
        assertEquals(first, end(producer, true, TV_2));
        assertEquals(Errors.INVALID_TXN_STATE, end(producer, false, TV_2).error());
        assertEquals(1, bench.markers.size());
    }

    @Test
    void shouldRefuseALateEndWhenTheNextTransactionHasBegun() {
        final Producer producer = begin();
        add(producer, TV_2, ONE);
        final Producer next = producer(end(producer, true, TV_2));
        awaitState("CompleteCommit");
        assertEquals(Errors.NONE, add(next, TV_2, ONE));
        assertEquals(Errors.PRODUCER_FENCED, end(producer, false, TV_2).error());
        assertEquals(Errors.PRODUCER_FENCED, add(producer, TV_2, OTHER));
        assertEquals("Ongoing", bench.state(ID));
        assertEquals(Errors.NONE, end(next, true, TV_2).error());
    }

    @Test
    void shouldRaiseTheEpochWhenATransactionWithoutPartitionsIsAborted() {
        final Producer producer = begin();
        final Answer aborted = end(producer, false, TV_2);
        assertEquals(producer.producerEpoch() + 1, aborted.producerEpoch());
        awaitState("CompleteAbort");
        assertEquals(List.of(), bench.markers);
        assertEquals(Errors.PRODUCER_FENCED, add(producer, TV_2, ONE));
        final Answer again = end(producer(aborted), false, TV_2);
        assertEquals(aborted.producerEpoch() + 1, again.producerEpoch());
        awaitState("CompleteAbort");
        assertEquals(Errors.INVALID_TXN_STATE, end(producer(again), true, TV_2).error());
    }

    @Test
    void shouldKeepTheEpochWhenTheClientDoesNotKnowOfOthers() {
        final Producer producer = begin();
        assertEquals(Errors.INVALID_TXN_STATE, end(producer, true, TV_0).error());
        for (final boolean isCommit : new boolean[] {true, false, true}) {
            assertEquals(Errors.NONE, add(producer, TV_0, ONE));
            final Answer ended = end(producer, isCommit, TV_0);
            assertEquals(new Answer(Errors.NONE, producer.producerId(), producer.producerEpoch()), ended);
            awaitState(isCommit ? "CompleteCommit" : "CompleteAbort");
            assertEquals(ended, end(producer, isCommit, TV_0));
            assertEquals(
                    Errors.INVALID_TXN_STATE, end(producer, !isCommit, TV_0).error());
        }
        assertEquals(3, bench.markers.size());
        assertTrue(bench.markers.getFirst().contains("/" + producer.producerEpoch() + " "));
    }

    @Test
    void shouldAbortWhatIsOpenAndFenceItsProducerWhenAnotherBegins() {
        final Producer old = begin();
        add(old, TV_2, ONE);
        assertEquals(Errors.CONCURRENT_TRANSACTIONS, init().error());
        awaitState("CompleteAbort");
        final Producer successor = begin();
        assertEquals(old.producerId(), successor.producerId());
        assertTrue(successor.producerEpoch() > old.producerEpoch() + 1);
        assertEquals(1, bench.markers.size());
        assertEquals(Errors.PRODUCER_FENCED, add(old, TV_2, ONE));
        assertEquals(Errors.PRODUCER_FENCED, end(old, true, TV_2).error());
        assertEquals(Errors.NONE, add(successor, TV_2, ONE));
    }

    @Test
    void shouldFenceWhoeverNamesAnEpochThatIsOver() {
        final Producer old = begin();
        final Producer successor = begin();
        final Optional<ProducerIdAndEpoch> ofOld =
                Optional.of(new ProducerIdAndEpoch(old.producerId(), old.producerEpoch()));
        assertEquals(
                Errors.PRODUCER_FENCED,
                bench.await(bench.coordinator.initProducerId(ID, TIMEOUT_MS, ofOld))
                        .error());
        final Optional<ProducerIdAndEpoch> ofPresent =
                Optional.of(new ProducerIdAndEpoch(successor.producerId(), successor.producerEpoch()));
        final Answer raised = bench.await(bench.coordinator.initProducerId(ID, TIMEOUT_MS, ofPresent));
        assertEquals(successor.producerEpoch() + 1, raised.producerEpoch());
        // The answer was lost, and the producer asks with what it has.
        assertEquals(raised, bench.await(bench.coordinator.initProducerId(ID, TIMEOUT_MS, ofPresent)));
    }

    @Test
    void shouldTakeAnotherProducerIdWhenEpochsAreUsedUp() {
        Producer producer = begin();
        final long firstId = producer.producerId();
        final var partition = bench.store.partitionOf(ID);
        final var transaction = partition.transactions().get(ID);
        transaction.setProducerEpoch((short) (Short.MAX_VALUE - 1));
        producer = withEpoch(producer, Short.MAX_VALUE - 1);
        assertEquals(Errors.NONE, add(producer, TV_2, ONE));
        final Answer ended = end(producer, true, TV_2);
        assertEquals(Errors.NONE, ended.error());
        assertTrue(ended.producerId() != firstId);
        assertEquals(0, ended.producerEpoch());
        awaitState("CompleteCommit");
        assertEquals(List.of("0 COMMIT " + firstId + "/" + Short.MAX_VALUE + " by 1"), bench.markers);
        assertEquals(ended, end(producer, true, TV_2));
        assertEquals(Errors.NONE, add(producer(ended), TV_2, ONE));
    }

    /** A producer that was given another id by the end of its transaction, while no marker of that is taken. */
    private Producer nextWithAnotherIdWhileOneEnds() {
        bench.markerErrors.put(ONE, Errors.NOT_LEADER_OR_FOLLOWER);
        final Producer first = withEpoch(begin(), Short.MAX_VALUE - 1);
        bench.store.partitionOf(ID).transactions().get(ID).setProducerEpoch(first.producerEpoch());
        assertEquals(Errors.NONE, add(first, TV_2, ONE));
        final Producer next = producer(end(first, true, TV_2));
        assertTrue(next.producerId() != first.producerId());
        return next;
    }

    @Test
    void shouldLetAProducerWithAnotherIdWaitForTheTransactionBefore() {
        final Producer next = nextWithAnotherIdWhileOneEnds();
        final CompletableFuture<Errors> added = bench.coordinator.addPartitions(next, Set.of(OTHER), TV_2);
        assertEquals("PrepareCommit", bench.state(ID));
        assertFalse(added.isDone());
        bench.markerErrors.clear();
        assertEquals(Errors.NONE, bench.await(added));
    }

    @Test
    void shouldLetAProducerWithAnotherIdAbortWhenTheTransactionBeforeIsEnded() {
        final Producer next = nextWithAnotherIdWhileOneEnds();
        assertEquals(Errors.CONCURRENT_TRANSACTIONS, end(next, false, TV_2).error());
        bench.markerErrors.clear();
        awaitState("CompleteCommit");
        assertEquals(
                new Answer(Errors.NONE, next.producerId(), (short) (next.producerEpoch() + 1)), end(next, false, TV_2));
    }

    @Test
    void shouldAnswerAllNodesThatAddPartitionsOfOneProducerAtTheSameTime() {
        final Producer next = nextWhileOneEnds();
        final List<CompletableFuture<Errors>> added = Stream.of(ONE, OTHER, ONE, THIRD)
                .map(partition -> bench.coordinator.addPartitions(next, Set.of(partition), TV_2))
                .toList();
        bench.markerErrors.clear();
        added.forEach(one -> assertEquals(Errors.NONE, bench.await(one)));
        assertEquals(
                Map.of(ONE, Errors.NONE, OTHER, Errors.NONE, THIRD, Errors.NONE),
                bench.await(bench.coordinator.verifyPartitions(next, Set.of(ONE, OTHER, THIRD))));
    }

    @Test
    void shouldTellTheClientToTryAgainWhenTheTransactionBeforeDoesNotEnd() {
        final Producer next = nextWhileOneEnds();
        final CompletableFuture<Errors> added = bench.coordinator.addPartitions(next, Set.of(OTHER), TV_2);
        assertEquals(Errors.CONCURRENT_TRANSACTIONS, bench.awaitAlarms(TransactionAdds.PATIENCE_NS, added));
        assertEquals("PrepareCommit", bench.state(ID));
    }

    @Test
    void shouldKeepANodeWaitingForAShorterTimeThanAClient() {
        final Producer next = nextWhileOneEnds();
        final CompletableFuture<Errors> ofClient = bench.coordinator.addPartitions(next, Set.of(ONE), TV_2);
        final CompletableFuture<Errors> ofNode = bench.coordinator.addPartitionsForNode(next, Set.of(OTHER), TV_2);
        assertEquals(Errors.CONCURRENT_TRANSACTIONS, bench.awaitAlarms(TransactionAdds.PATIENCE_OF_NODES_NS, ofNode));
        assertFalse(ofClient.isDone());
        assertEquals(Errors.CONCURRENT_TRANSACTIONS, bench.awaitAlarms(TransactionAdds.PATIENCE_NS, ofClient));
    }

    @Test
    void shouldVerifyOnlyWhatIsPartOfTheTransaction() {
        final Producer producer = begin();
        assertEquals(
                Map.of(ONE, Errors.TRANSACTION_ABORTABLE),
                bench.await(bench.coordinator.verifyPartitions(producer, Set.of(ONE))));
        add(producer, TV_0, ONE);
        assertEquals(
                Map.of(ONE, Errors.NONE, OTHER, Errors.TRANSACTION_ABORTABLE),
                bench.await(bench.coordinator.verifyPartitions(producer, Set.of(ONE, OTHER))));
        final Producer late = withEpoch(producer, producer.producerEpoch() - 1);
        assertEquals(
                Map.of(ONE, Errors.PRODUCER_FENCED),
                bench.await(bench.coordinator.verifyPartitions(late, Set.of(ONE))));
        final Producer unknown = new Producer("nobody", 4711, (short) 0);
        assertEquals(
                Map.of(ONE, Errors.INVALID_PRODUCER_ID_MAPPING),
                bench.await(bench.coordinator.verifyPartitions(unknown, Set.of(ONE))));
        bench.markerErrors.put(ONE, Errors.NOT_LEADER_OR_FOLLOWER);
        end(producer, true, TV_0);
        assertEquals(
                Map.of(ONE, Errors.CONCURRENT_TRANSACTIONS),
                bench.await(bench.coordinator.verifyPartitions(producer, Set.of(ONE))));
    }

    @Test
    void shouldSendMarkersAgainUntilTheyAreTaken() {
        final Producer producer = begin();
        add(producer, TV_2, ONE, OTHER);
        bench.markerErrors.put(ONE, Errors.NOT_LEADER_OR_FOLLOWER);
        bench.markerErrors.put(OTHER, Errors.TRANSACTION_COORDINATOR_FENCED);
        final Producer next = producer(end(producer, true, TV_2));
        assertEquals(Errors.CONCURRENT_TRANSACTIONS, init().error());
        assertEquals(Errors.CONCURRENT_TRANSACTIONS, end(next, true, TV_2).error());
        assertEquals("PrepareCommit", bench.state(ID));
        bench.markerErrors.put(ONE, Errors.NOT_ENOUGH_REPLICAS);
        assertEquals("PrepareCommit", bench.state(ID));
        bench.markerErrors.clear();
        awaitState("CompleteCommit");
        assertEquals(2, bench.markers.size());
    }

    @Test
    void shouldNotWaitForAPartitionWhereTheProducerHasALaterEpoch() {
        final Producer producer = begin();
        add(producer, TV_2, ONE, OTHER);
        bench.markerErrors.put(ONE, Errors.INVALID_PRODUCER_EPOCH);
        assertEquals(Errors.NONE, end(producer, false, TV_2).error());
        awaitState("CompleteAbort");
        assertEquals(1, bench.markers.size());
    }

    @Test
    void shouldAddPartitionsWhenTheTransactionBeforeIsEndedEverywhere() {
        final Producer producer = begin();
        add(producer, TV_2, ONE);
        bench.markerErrors.put(ONE, Errors.NOT_LEADER_OR_FOLLOWER);
        final Producer next = producer(end(producer, true, TV_2));
        final CompletableFuture<Errors> added = bench.coordinator.addPartitions(next, Set.of(OTHER), TV_2);
        assertEquals("PrepareCommit", bench.state(ID));
        assertFalse(added.isDone());
        bench.markerErrors.clear();
        assertEquals(Errors.NONE, bench.await(added));
        assertEquals("Ongoing", bench.state(ID));
    }

    @Test
    void shouldLeaveNothingPendingWhenTheStateCannotBeWritten() {
        bench.answer = LaneResult.NOT_ENOUGH_REPLICAS;
        assertEquals(Errors.COORDINATOR_NOT_AVAILABLE, init().error());
        bench.answer = LaneResult.OK;
        final Producer producer = begin();
        bench.answer = LaneResult.NOT_ENOUGH_REPLICAS;
        assertEquals(Errors.COORDINATOR_NOT_AVAILABLE, add(producer, TV_2, ONE));
        bench.answer = LaneResult.OK;
        assertEquals(Errors.NONE, add(producer, TV_2, ONE));
        bench.answer = LaneResult.NOT_ENOUGH_REPLICAS;
        assertEquals(Errors.COORDINATOR_NOT_AVAILABLE, end(producer, true, TV_2).error());
        assertEquals(List.of(), bench.markers);
        bench.answer = LaneResult.OK;
        assertEquals(Errors.NONE, end(producer, true, TV_2).error());
        awaitState("CompleteCommit");
    }

    @Test
    void shouldGoOnFencingWithTheSameEpochWhenThatCouldNotBeWritten() {
        final Producer old = begin();
        add(old, TV_2, ONE);
        bench.answer = LaneResult.NOT_ENOUGH_REPLICAS;
        for (int i = 0; i < 3; i++) {
            assertEquals(Errors.COORDINATOR_NOT_AVAILABLE, init().error());
        }
        bench.answer = LaneResult.OK;
        assertEquals(Errors.CONCURRENT_TRANSACTIONS, init().error());
        awaitState("CompleteAbort");
        assertTrue(begin().producerEpoch() <= old.producerEpoch() + 3);
        assertEquals(1, bench.markers.size());
    }

    @Test
    void shouldEndWhatTheCoordinatorBeforeHasDecidedWhenItIsLoaded() {
        final Producer producer = begin();
        add(producer, TV_2, ONE, OTHER);
        bench.markerErrors.put(OTHER, Errors.NOT_LEADER_OR_FOLLOWER);
        final Answer ended = end(producer, true, TV_2);
        bench.runUntil(() -> bench.markers.size() == 1);
        bench.resign();
        assertEquals(Errors.NOT_COORDINATOR, init().error());
        assertEquals(Errors.NOT_COORDINATOR.toString(), bench.state(ID));
        bench.markerErrors.clear();
        bench.elect();
        awaitState("CompleteCommit");
        // The one that was there already is sent again: whether it was, nobody knows any more.
        assertEquals(3, bench.markers.size());
        assertTrue(bench.markers.getLast().endsWith(" by " + bench.epoch()));
        assertEquals(ended, end(producer, true, TV_2));
        assertEquals(Errors.NONE, add(producer(ended), TV_2, ONE));
    }

    @Test
    void shouldTellWhoWaitsWhenTheNodeCeasesToCoordinate() {
        final Producer producer = begin();
        add(producer, TV_2, ONE);
        bench.markerErrors.put(ONE, Errors.NOT_LEADER_OR_FOLLOWER);
        final Producer next = producer(end(producer, true, TV_2));
        final CompletableFuture<Errors> added = bench.coordinator.addPartitions(next, Set.of(OTHER), TV_2);
        assertEquals("PrepareCommit", bench.state(ID));
        bench.resign();
        assertEquals(Errors.NOT_COORDINATOR, bench.awaitAlarms(TransactionAdds.PATIENCE_NS, added));
    }

    @Test
    void shouldLeaveATransactionToTheNextCoordinatorWhenItsTimeIsOverAtTheLastMoment() {
        final Producer producer = producer(bench.await(bench.coordinator.initProducerId(ID, 1, Optional.empty())));
        add(producer, TV_2, ONE);
        final var open = bench.store.partitionOf(ID).transactions().get(ID);
        bench.resign();
        final List<Errors> heard = new ArrayList<>();
        bench.end.fence(open, answer -> heard.add(answer.error()));
        assertEquals(List.of(Errors.NOT_COORDINATOR), heard);
        bench.elect();
        bench.runUntil(() -> {
            bench.timer.tick();
            return bench.timer.timedOut() == 1;
        });
        awaitState("CompleteAbort");
    }

    @Test
    void shouldKnowTheSameWhenItIsLoadedAtEachStep() {
        Producer producer = begin();
        for (int i = 0; i < 4; i++) {
            final boolean isCommit = i % 2 == 0;
            bench.elect();
            assertEquals(Errors.NONE, add(producer, TV_2, ONE));
            bench.elect();
            assertEquals("Ongoing", bench.state(ID));
            assertEquals(Errors.NONE, add(producer, TV_2, OTHER));
            bench.elect();
            producer = producer(end(producer, isCommit, TV_2));
            awaitState(isCommit ? "CompleteCommit" : "CompleteAbort");
        }
        assertEquals(8, bench.markers.size());
    }

    @Test
    void shouldAbortWhatTakesLongerThanItMay() {
        final Answer answer = bench.await(bench.coordinator.initProducerId(ID, 1, Optional.empty()));
        final Producer producer = producer(answer);
        add(producer, TV_2, ONE);
        bench.runUntil(() -> {
            bench.timer.tick();
            return bench.timer.timedOut() == 1;
        });
        awaitState("CompleteAbort");
        assertEquals(Errors.PRODUCER_FENCED, end(producer, true, TV_2).error());
        assertEquals(1, bench.markers.size());
    }

    @Test
    void shouldRefuseTimesThatAreTooLong() {
        for (final int timeoutMs : List.of(0, -1, 900_001)) {
            final Answer answer = bench.await(bench.coordinator.initProducerId(ID, timeoutMs, Optional.empty()));
            assertEquals(Errors.INVALID_TRANSACTION_TIMEOUT, answer.error());
        }
    }

    @Test
    void shouldForgetTransactionalIdsThatNobodyUses() {
        bench.close();
        bench = new TestTransactions(
                directory.resolve("other"),
                Map.of(
                        "transactional.id.expiration.ms", "1",
                        "transaction.remove.expired.transaction.cleanup.interval.ms", "1"));
        final Producer producer = begin();
        bench.runUntil(() -> {
            bench.timer.tick();
            return bench.state(ID).equals(Errors.TRANSACTIONAL_ID_NOT_FOUND.toString());
        });
        assertEquals(Errors.INVALID_PRODUCER_ID_MAPPING, add(producer, TV_2, ONE));
        bench.elect();
        assertEquals(Errors.TRANSACTIONAL_ID_NOT_FOUND.toString(), bench.state(ID));
        assertTrue(begin().producerId() != producer.producerId());
    }

    @Test
    void shouldListWhatIsAskedFor() {
        final Producer producer = begin();
        add(producer, TV_2, ONE);
        bench.await(bench.coordinator.initProducerId("quiet", TIMEOUT_MS, Optional.empty()));
        assertEquals(List.of("quiet", ID), list(new ListTransactionsRequestData()));
        assertEquals(List.of(ID), list(new ListTransactionsRequestData().setStateFilters(List.of("Ongoing"))));
        assertEquals(List.of("quiet"), list(new ListTransactionsRequestData().setTransactionalIdPattern("q.*")));
        assertEquals(
                List.of(ID),
                list(new ListTransactionsRequestData().setProducerIdFilters(List.of(producer.producerId()))));
        assertEquals(List.of(), list(new ListTransactionsRequestData().setDurationFilter(3_600_000)));
        final var refused =
                bench.await(bench.coordinator.list(new ListTransactionsRequestData().setTransactionalIdPattern("(")));
        assertEquals(Errors.INVALID_REGULAR_EXPRESSION.code(), refused.errorCode());
    }

    private List<String> list(final ListTransactionsRequestData request) {
        return bench.await(bench.coordinator.list(request)).transactionStates().stream()
                .map(one -> one.transactionalId())
                .sorted()
                .toList();
    }
}
