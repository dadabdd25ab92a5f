package io.epona.coordinator;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.epona.coordinator.TransactionCoordinator.Producer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

/** What becomes of questions to another node, which the test plays. */
class TransactionVerifierTest {
    private static final TopicPartition ONE = new TopicPartition("paid", 0);
    private static final Producer PRODUCER = new Producer("till", 7, (short) 1);
    private static final long DEADLINE_S = 30;
    private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(DEADLINE_S);

    private final Deque<Errors> answers = new ArrayDeque<>();
    private final AtomicInteger questions = new AtomicInteger();

    private CompletableFuture<Map<TopicPartition, Errors>> remote(
            final int nodeId, final Producer producer, final Set<TopicPartition> partitions, final boolean isAdd) {
        questions.incrementAndGet();
        final Errors answer = answers.size() > 1 ? answers.poll() : answers.peek();
        return CompletableFuture.completedFuture(TransactionAdds.all(partitions, answer));
    }

    private Errors verify(final boolean isAdd, final long patienceNs) throws Exception {
        return TransactionVerifier.askAgain(() -> remote(2, PRODUCER, Set.of(ONE), isAdd), isAdd, patienceNs)
                .get(DEADLINE_S, TimeUnit.SECONDS)
                .get(ONE);
    }

    @Test
    void shouldAskAgainWhenTheTransactionBeforeIsNotEnded() throws Exception {
        answers.addAll(List.of(Errors.CONCURRENT_TRANSACTIONS, Errors.CONCURRENT_TRANSACTIONS, Errors.NONE));
        assertEquals(Errors.NONE, verify(true, PATIENCE_NS));
        assertEquals(3, questions.get());
    }

    @Test
    void shouldAskOnceWhenThereIsAnotherAnswerOrNothingIsAdded() throws Exception {
        answers.add(Errors.PRODUCER_FENCED);
        assertEquals(Errors.PRODUCER_FENCED, verify(true, PATIENCE_NS));
        answers.clear();
        answers.add(Errors.CONCURRENT_TRANSACTIONS);
        assertEquals(Errors.CONCURRENT_TRANSACTIONS, verify(false, PATIENCE_NS));
        assertEquals(2, questions.get());
    }

    @Test
    void shouldAskNoMoreWhenItsTimeIsOver() throws Exception {
        answers.add(Errors.CONCURRENT_TRANSACTIONS);
        assertEquals(Errors.CONCURRENT_TRANSACTIONS, verify(true, 0));
        assertEquals(1, questions.get());
    }
}
