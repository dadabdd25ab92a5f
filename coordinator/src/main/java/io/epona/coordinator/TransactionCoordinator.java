package io.epona.coordinator;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.message.DescribeTransactionsResponseData;
import org.apache.kafka.common.message.ListTransactionsRequestData;
import org.apache.kafka.common.message.ListTransactionsResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.utils.ProducerIdAndEpoch;
import org.apache.kafka.server.common.TransactionVersion;

/**
 * The transaction coordinator of a node, for the transactional ids whose partitions it leads. Any thread may call; all
 * is decided on one, and answers are completed there.
 */
public final class TransactionCoordinator {
    private final Executor executor;
    private final TransactionBegin begin;
    private final TransactionAdds adds;
    private final TransactionEnd end;
    private final TransactionQueries queries;

    /**
     * An answer about a producer.
     *
     * @param error NONE, or why not.
     * @param producerId of the producer from now on; -1 with an error.
     * @param producerEpoch of the producer from now on; -1 with an error.
     */
    public record Answer(Errors error, long producerId, short producerEpoch) {
        static Answer of(final Errors error) {
            return new Answer(error, -1, (short) -1);
        }
    }

    /**
     * A producer as it names itself.
     *
     * @param transactionalId its name.
     * @param producerId that it was given.
     * @param producerEpoch that it was given.
     */
    public record Producer(String transactionalId, long producerId, short producerEpoch) {
        boolean isNamed() {
            return transactionalId != null && !transactionalId.isEmpty();
        }
    }

    TransactionCoordinator(
            final Executor executor,
            final TransactionBegin begin,
            final TransactionAdds adds,
            final TransactionEnd end,
            final TransactionQueries queries) {
        this.executor = executor;
        this.begin = begin;
        this.adds = adds;
        this.end = end;
        this.queries = queries;
    }

    /** InitProducerId: fences whoever had the transactional id before. */
    public CompletableFuture<Answer> initProducerId(
            final String transactionalId, final int timeoutMs, final Optional<ProducerIdAndEpoch> expected) {
        return ask(answer -> begin.initProducerId(transactionalId, timeoutMs, expected, answer::complete), Answer::of);
    }

    /** Makes partitions part of a producer's transaction, which begins with the first. */
    public CompletableFuture<Errors> addPartitions(
            final Producer producer, final Set<TopicPartition> partitions, final TransactionVersion version) {
        return add(producer, partitions, version, TransactionAdds.PATIENCE_NS);
    }

    /** As the other one, for another node, which is soon told to ask again: what else it asks waits meanwhile. */
    public CompletableFuture<Errors> addPartitionsForNode(
            final Producer producer, final Set<TopicPartition> partitions, final TransactionVersion version) {
        return add(producer, partitions, version, TransactionAdds.PATIENCE_OF_NODES_NS);
    }

    private CompletableFuture<Errors> add(
            final Producer producer,
            final Set<TopicPartition> partitions,
            final TransactionVersion version,
            final long patienceNs) {
        return ask(answer -> adds.add(producer, partitions, version, patienceNs, answer::complete), error -> error);
    }

    /** Whether partitions are part of a producer's transaction. */
    public CompletableFuture<Map<TopicPartition, Errors>> verifyPartitions(
            final Producer producer, final Set<TopicPartition> partitions) {
        return ask(
                answer -> answer.complete(adds.verify(producer, partitions)),
                error -> TransactionAdds.all(partitions, error));
    }

    /** EndTxn. */
    public CompletableFuture<Answer> endTransaction(
            final Producer producer, final boolean isCommit, final TransactionVersion version) {
        return ask(
                answer -> end.end(new TransactionEnd.Request(producer, isCommit, true, version), answer::complete),
                Answer::of);
    }

    /** DescribeTransactions, of one transactional id. */
    public CompletableFuture<DescribeTransactionsResponseData.TransactionState> describe(final String transactionalId) {
        return ask(
                answer -> answer.complete(queries.describe(transactionalId)),
                error -> new DescribeTransactionsResponseData.TransactionState()
                        .setTransactionalId(transactionalId)
                        .setErrorCode(error.code()));
    }

    /** ListTransactions, as far as this node coordinates them. */
    public CompletableFuture<ListTransactionsResponseData> list(final ListTransactionsRequestData request) {
        return ask(
                answer -> answer.complete(queries.list(request)),
                error -> new ListTransactionsResponseData().setErrorCode(error.code()));
    }

    private interface Refusal<T> {
        T of(Errors error);
    }

    private <T> CompletableFuture<T> ask(final Consumer<CompletableFuture<T>> question, final Refusal<T> refusal) {
        final CompletableFuture<T> answer = new CompletableFuture<>();
        executor.execute(() -> {
            try {
                question.accept(answer);
            } catch (final ApiException ex) {
                answer.complete(refusal.of(Errors.forException(ex)));
            } catch (final RuntimeException ex) {
                answer.completeExceptionally(ex);
            }
        });
        return answer;
    }
}
