package io.epona.coordinator;

import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.coordinator.transaction.TransactionMetadata;
import org.apache.kafka.coordinator.transaction.TransactionState;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Aborts transactions whose time is over, and forgets transactional ids that nobody uses. Coordinator's thread. */
final class TransactionTimer {
    private static final Logger LOGGER = LoggerFactory.getLogger(TransactionTimer.class);

    private final TransactionSettings settings;
    private final TransactionStore store;
    private final TransactionEnd end;
    private long lastAbortMs;
    private long lastExpirationMs = System.currentTimeMillis();
    private long timedOut;

    TransactionTimer(final TransactionSettings settings, final TransactionStore store, final TransactionEnd end) {
        this.settings = settings;
        this.store = store;
        this.end = end;
    }

    /** Transactions aborted because their time was over. */
    long timedOut() {
        return timedOut;
    }

    /** Looks; to be called often. */
    void tick() {
        final long nowMs = System.currentTimeMillis();
        if (nowMs - lastAbortMs >= settings.abortIntervalMs() || nowMs < lastAbortMs) {
            lastAbortMs = nowMs;
            timedOut(nowMs).forEach(this::abort);
        }
        if (nowMs - lastExpirationMs >= settings.expirationIntervalMs() || nowMs < lastExpirationMs) {
            lastExpirationMs = nowMs;
            store.partitions().stream()
                    .filter(TransactionPartition::isActive)
                    .forEach(partition -> forgetUnused(partition, nowMs));
        }
    }

    private List<TransactionMetadata> timedOut(final long nowMs) {
        final List<TransactionMetadata> late = new ArrayList<>();
        for (final TransactionPartition partition : store.partitions()) {
            if (partition.isActive()) {
                partition.transactions().values().stream()
                        .filter(one -> one.state() == TransactionState.ONGOING
                                && !one.pendingTransitionInProgress()
                                && one.txnStartTimestamp() + one.txnTimeoutMs() < nowMs)
                        .forEach(late::add);
            }
        }
        return late;
    }

    private void abort(final TransactionMetadata transaction) {
        end.fence(transaction, answer -> {
            if (answer.error() == Errors.NONE) {
                timedOut++;
                LOGGER.info("aborted a transaction whose time was over: {}", transaction);
            } else {
                LOGGER.info(
                        "could not abort a transaction whose time is over: error={}, {}", answer.error(), transaction);
            }
        });
    }

    private void forgetUnused(final TransactionPartition partition, final long nowMs) {
        partition.transactions().values().stream()
                .filter(one -> one.state().isExpirationAllowed()
                        && !one.pendingTransitionInProgress()
                        && one.txnLastUpdateTimestamp() + settings.expirationMs() <= nowMs)
                .toList()
                .forEach(one -> store.forget(partition, one));
    }
}
