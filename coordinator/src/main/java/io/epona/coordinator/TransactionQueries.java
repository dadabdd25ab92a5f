package io.epona.coordinator;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.util.HashSet;
import java.util.Set;
import org.apache.kafka.common.errors.InvalidRegularExpression;
import org.apache.kafka.common.message.DescribeTransactionsResponseData;
import org.apache.kafka.common.message.DescribeTransactionsResponseData.TopicData;
import org.apache.kafka.common.message.ListTransactionsRequestData;
import org.apache.kafka.common.message.ListTransactionsResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.coordinator.transaction.TransactionMetadata;
import org.apache.kafka.coordinator.transaction.TransactionState;

/** Tells what transactions there are. Coordinator's thread. */
final class TransactionQueries {
    /** So long after its time was over a transaction is called late: somebody should look. */
    private static final long LATE_MS = 60_000;

    private final TransactionStore store;
    private final TransactionEnd end;
    private final TransactionTimer timer;

    TransactionQueries(final TransactionStore store, final TransactionEnd end, final TransactionTimer timer) {
        this.store = store;
        this.end = end;
        this.timer = timer;
    }

    DescribeTransactionsResponseData.TransactionState describe(final String transactionalId) {
        final DescribeTransactionsResponseData.TransactionState described =
                new DescribeTransactionsResponseData.TransactionState().setTransactionalId(transactionalId);
        if (transactionalId == null || transactionalId.isEmpty()) {
            return described.setErrorCode(Errors.INVALID_REQUEST.code());
        }
        final TransactionMetadata transaction =
                store.partitionOf(transactionalId).transactions().get(transactionalId);
        if (transaction == null || transaction.state() == TransactionState.DEAD) {
            return described.setErrorCode(Errors.TRANSACTIONAL_ID_NOT_FOUND.code());
        }
        transaction.topicPartitions().forEach(partition -> {
            TopicData topic = described.topics().find(partition.topic());
            if (topic == null) {
                topic = new TopicData().setTopic(partition.topic());
                described.topics().add(topic);
            }
            topic.partitions().add(partition.partition());
        });
        return described
                .setProducerId(transaction.producerId())
                .setProducerEpoch(transaction.producerEpoch())
                .setTransactionState(transaction.state().stateName())
                .setTransactionTimeoutMs(transaction.txnTimeoutMs())
                .setTransactionStartTimeMs(transaction.txnStartTimestamp());
    }

    ListTransactionsResponseData list(final ListTransactionsRequestData request) {
        final ListTransactionsResponseData response = new ListTransactionsResponseData();
        for (final TransactionPartition partition : store.partitions()) {
            if (!partition.isActive()) {
                return response.setErrorCode(Errors.COORDINATOR_LOAD_IN_PROGRESS.code());
            }
        }
        final Set<String> states = new HashSet<>();
        for (final String state : request.stateFilters()) {
            if (TransactionState.fromName(state).isPresent()) {
                states.add(state);
            } else {
                response.unknownStateFilters().add(state);
            }
        }
        final Pattern pattern = pattern(request.transactionalIdPattern());
        final long nowMs = System.currentTimeMillis();
        for (final TransactionPartition partition : store.partitions()) {
            for (final TransactionMetadata transaction :
                    partition.transactions().values()) {
                if (isWanted(transaction, request, states, nowMs)
                        && (pattern == null
                                || pattern.matcher(transaction.transactionalId())
                                        .matches())) {
                    response.transactionStates()
                            .add(new ListTransactionsResponseData.TransactionState()
                                    .setTransactionalId(transaction.transactionalId())
                                    .setProducerId(transaction.producerId())
                                    .setTransactionState(transaction.state().stateName()));
                }
            }
        }
        return response;
    }

    private static Pattern pattern(final String text) {
        try {
            return text == null || text.isEmpty() ? null : Pattern.compile(text);
        } catch (final PatternSyntaxException ex) {
            throw new InvalidRegularExpression("Not a pattern of transactional ids: " + ex.getMessage());
        }
    }

    private static boolean isWanted(
            final TransactionMetadata transaction,
            final ListTransactionsRequestData request,
            final Set<String> states,
            final long nowMs) {
        final boolean isState = request.stateFilters().isEmpty()
                || states.contains(transaction.state().stateName());
        final boolean isProducer = request.producerIdFilters().isEmpty()
                || request.producerIdFilters().contains(transaction.producerId());
        final boolean isLong = request.durationFilter() < 0
                || transaction.txnStartTimestamp() >= 0
                        && nowMs - transaction.txnStartTimestamp() > request.durationFilter();
        return transaction.state() != TransactionState.DEAD && isState && isProducer && isLong;
    }

    TransactionStats stats(final Tenures tenures, final LaneRecordLoader<?> loader) {
        final long nowMs = System.currentTimeMillis();
        long ids = 0;
        long ongoing = 0;
        long ending = 0;
        long late = 0;
        for (final TransactionPartition partition : store.partitions()) {
            if (!partition.isActive()) {
                continue;
            }
            for (final TransactionMetadata transaction :
                    partition.transactions().values()) {
                ids++;
                final boolean isOngoing = transaction.state() == TransactionState.ONGOING;
                final boolean isEnding = TransactionStore.isEnding(transaction);
                ongoing += isOngoing ? 1 : 0;
                ending += isEnding ? 1 : 0;
                final long endMs = transaction.txnStartTimestamp() + transaction.txnTimeoutMs();
                late += (isOngoing || isEnding) && nowMs - endMs > LATE_MS ? 1 : 0;
            }
        }
        final int active = tenures.activeCount();
        return new TransactionStats(
                ids,
                ongoing,
                ending,
                late,
                end.committed(),
                end.aborted(),
                timer.timedOut(),
                active,
                Math.max(0, tenures.electedCount() - active),
                loader.loads(),
                loader.failures(),
                loader.records());
    }
}
