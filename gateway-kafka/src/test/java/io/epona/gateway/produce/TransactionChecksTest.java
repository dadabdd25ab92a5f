package io.epona.gateway.produce;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.coordinator.TransactionCoordinator.Producer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeoutException;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.CoordinatorNotAvailableException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TransactionChecksTest {
    private static final TopicPartition ONE = new TopicPartition("paid", 0);
    private static final TopicPartition OTHER = new TopicPartition("paid", 1);
    private static final String ID = "till";
    private static final long PRODUCER_ID = 77;
    private static final short EPOCH = 3;
    private static final short NEWEST = 12;

    private final List<Question> questions = new ArrayList<>();
    private final List<String> heard = new ArrayList<>();
    private final List<Runnable> gatewayThread = new ArrayList<>();
    private boolean isClosed;
    private final TransactionChecks<Waiting> checks =
            new TransactionChecks<>(this::ask, this::execute, batch -> heard.add(batch.name + " again"));

    /** What the coordinator was asked. */
    private record Question(
            Producer producer,
            Set<TopicPartition> partitions,
            boolean isAdd,
            CompletableFuture<Map<TopicPartition, Errors>> answer) {}

    private CompletableFuture<Map<TopicPartition, Errors>> ask(
            final Producer producer, final Set<TopicPartition> partitions, final boolean isAdd) {
        questions.add(new Question(producer, partitions, isAdd, new CompletableFuture<>()));
        return questions.getLast().answer();
    }

    private void execute(final Runnable task) {
        if (isClosed) {
            throw new RejectedExecutionException("closed");
        }
        gatewayThread.add(task);
    }

    private void runGateway() {
        final List<Runnable> tasks = List.copyOf(gatewayThread);
        gatewayThread.clear();
        tasks.forEach(Runnable::run);
    }

    private final class Waiting implements TransactionChecks.Batch {
        final String name;
        final TopicPartition partition;
        final long producerId;
        final short version;
        boolean isOver;

        Waiting(final String name, final TopicPartition partition, final long producerId, final int version) {
            this.name = name;
            this.partition = partition;
            this.producerId = producerId;
            this.version = (short) version;
        }

        @Override
        public DirectBuffer bytes() {
            return new UnsafeBuffer(MemoryRecords.withTransactionalRecords(
                            Compression.NONE, producerId, EPOCH, 0, new SimpleRecord(name.getBytes()))
                    .buffer());
        }

        @Override
        public TopicPartition topicPartition() {
            return partition;
        }

        @Override
        public String transactionalId() {
            return ID;
        }

        @Override
        public short apiVersion() {
            return version;
        }

        @Override
        public boolean isOver() {
            return isOver;
        }

        @Override
        public void verified(final int verification) {
            heard.add(name + " verified " + verification);
        }

        @Override
        public void refused(final Errors error, final String message) {
            heard.add(name + " refused " + error + ": " + message);
        }
    }

    private Waiting batch(final String name, final TopicPartition partition) {
        return new Waiting(name, partition, PRODUCER_ID, NEWEST);
    }

    private void answer(final Map<TopicPartition, Errors> errors) {
        questions.removeFirst().answer().complete(errors);
        runGateway();
    }

    @Test
    void shouldOfferABatchAgainWhenItIsPartOfTheTransaction() {
        checks.check(batch("a", ONE), 9);
        assertEquals(List.of(), questions, "before it is told to ask");
        checks.ask();
        checks.ask();
        assertEquals(1, questions.size());
        assertEquals(new Producer(ID, PRODUCER_ID, EPOCH), questions.getFirst().producer());
        assertEquals(List.of(), heard);
        answer(Map.of(ONE, Errors.NONE));
        assertEquals(List.of("a verified 9", "a again"), heard);
    }

    @Test
    void shouldAskOnceForAllPartitionsOfAProducerAndAnswerEachByItsOwnError() {
        checks.check(batch("a", ONE), 1);
        checks.check(batch("b", OTHER), 2);
        checks.ask();
        assertEquals(1, questions.size());
        assertEquals(Set.of(ONE, OTHER), questions.getFirst().partitions());
        answer(Map.of(ONE, Errors.NONE, OTHER, Errors.TRANSACTION_ABORTABLE));
        assertEquals(List.of("a verified 1", "a again", "b refused TRANSACTION_ABORTABLE: null"), heard);
    }

    @Test
    void shouldAskForEachProducerByItself() {
        checks.check(batch("a", ONE), 1);
        checks.check(new Waiting("b", ONE, PRODUCER_ID + 1, NEWEST), 2);
        checks.ask();
        assertEquals(
                List.of(PRODUCER_ID, PRODUCER_ID + 1),
                questions.stream()
                        .map(question -> question.producer().producerId())
                        .toList());
        answer(Map.of(ONE, Errors.NONE));
        assertEquals(List.of("a verified 1", "a again"), heard);
        answer(Map.of(ONE, Errors.NONE));
        assertEquals(List.of("a verified 1", "a again", "b verified 2", "b again"), heard);
    }

    @Test
    void shouldKeepTheOrderOfAProducersBatchesWhileTheFirstOneIsVerified() {
        assertFalse(checks.holdBehindOthers(batch("a", ONE)));
        checks.check(batch("a", ONE), 1);
        checks.ask();
        assertTrue(checks.holdBehindOthers(batch("b", ONE)));
        checks.check(batch("c", ONE), 5);
        checks.ask();
        assertEquals(1, questions.size(), "the same is asked already");
        assertFalse(checks.holdBehindOthers(batch("d", OTHER)), "another partition");
        assertFalse(checks.holdBehindOthers(new Waiting("e", ONE, PRODUCER_ID + 1, NEWEST)), "another producer");
        answer(Map.of(ONE, Errors.NONE));
        // What the lane has not seen goes there as it came: others may be on their way from there that come before it.
        assertEquals(List.of("a verified 1", "a again", "b again", "c verified 1", "c again"), heard);
        assertFalse(checks.holdBehindOthers(batch("f", ONE)), "nothing is asked any more");
    }

    @Test
    void shouldAskAnewWhenTheLaneWantsToKnowAgain() {
        checks.check(batch("a", ONE), 1);
        checks.ask();
        answer(Map.of(ONE, Errors.NONE));
        checks.check(batch("a", ONE), 2);
        checks.ask();
        answer(Map.of(ONE, Errors.NONE));
        assertEquals(List.of("a verified 1", "a again", "a verified 2", "a again"), heard);
    }

    @Test
    void shouldHaveThePartitionAddedForThoseClientsOnlyThatExpectIt() {
        checks.check(new Waiting("new", ONE, PRODUCER_ID, 12), 1);
        checks.check(new Waiting("old", OTHER, PRODUCER_ID, 11), 2);
        checks.ask();
        assertEquals(
                List.of(true, false), questions.stream().map(Question::isAdd).toList());
        assertEquals(
                List.of(Set.of(ONE), Set.of(OTHER)),
                questions.stream().map(Question::partitions).toList());
    }

    @Test
    void shouldLeaveOutBatchesForWhichNobodyWaitsAnyMore() {
        final Waiting first = batch("a", ONE);
        checks.check(first, 1);
        checks.holdBehindOthers(batch("b", ONE));
        checks.ask();
        first.isOver = true;
        answer(Map.of(ONE, Errors.NONE));
        assertEquals(List.of("b again"), heard);
    }

    @Test
    void shouldTellClientsToTryAgainWhenTheCoordinatorDoesNotAnswer() {
        checks.check(batch("a", ONE), 1);
        checks.ask();
        questions.getFirst().answer().completeExceptionally(new TimeoutException());
        runGateway();
        assertEquals(
                List.of("a refused NOT_ENOUGH_REPLICAS: Unable to verify the partition has been added to the"
                        + " transaction. Underlying error: NETWORK_EXCEPTION"),
                heard);
    }

    @Test
    void shouldTellClientsWhatFailedWhenItFails() {
        checks.check(batch("a", ONE), 1);
        checks.check(batch("b", OTHER), 1);
        checks.ask();
        questions.getFirst().answer().completeExceptionally(new CoordinatorNotAvailableException("moved"));
        runGateway();
        assertEquals(2, heard.size());
        heard.forEach(text -> assertTrue(text.contains("refused NOT_ENOUGH_REPLICAS"), text));
    }

    @Test
    void shouldRefuseAPartitionOfWhichTheAnswerSaysNothing() {
        checks.check(batch("a", ONE), 1);
        checks.ask();
        answer(Map.of());
        assertEquals(List.of("a refused UNKNOWN_SERVER_ERROR: null"), heard);
    }

    @Test
    void shouldDropTheAnswerWhenTheGatewayHasClosed() {
        checks.check(batch("a", ONE), 1);
        checks.ask();
        isClosed = true;
        answer(Map.of(ONE, Errors.NONE));
        assertEquals(List.of(), heard);
    }

    @ParameterizedTest
    @CsvSource({
        "PRODUCER_FENCED, 12, INVALID_PRODUCER_EPOCH",
        "INVALID_PRODUCER_EPOCH, 12, INVALID_PRODUCER_EPOCH",
        "TRANSACTION_ABORTABLE, 11, TRANSACTION_ABORTABLE",
        "TRANSACTION_ABORTABLE, 10, INVALID_TXN_STATE",
        "CONCURRENT_TRANSACTIONS, 12, CONCURRENT_TRANSACTIONS",
        "CONCURRENT_TRANSACTIONS, 11, NOT_ENOUGH_REPLICAS",
        "COORDINATOR_LOAD_IN_PROGRESS, 12, NOT_ENOUGH_REPLICAS",
        "COORDINATOR_NOT_AVAILABLE, 12, NOT_ENOUGH_REPLICAS",
        "NOT_COORDINATOR, 12, NOT_ENOUGH_REPLICAS",
        "NETWORK_EXCEPTION, 12, NOT_ENOUGH_REPLICAS",
        "INVALID_PRODUCER_ID_MAPPING, 12, INVALID_PRODUCER_ID_MAPPING",
        "INVALID_TXN_STATE, 9, INVALID_TXN_STATE",
    })
    void shouldGiveAnErrorThatTheClientsVersionKnows(final Errors error, final int version, final Errors answer) {
        checks.check(new Waiting("a", ONE, PRODUCER_ID, version), 1);
        checks.ask();
        answer(Map.of(ONE, error));
        assertTrue(heard.getFirst().startsWith("a refused " + answer + ":"), heard::toString);
    }
}
