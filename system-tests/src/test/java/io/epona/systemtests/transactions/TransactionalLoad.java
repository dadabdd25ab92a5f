package io.epona.systemtests.transactions;

import io.epona.systemtests.harness.Clients;
import io.epona.systemtests.transactions.TransactionHistory.Outcome;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;

/**
 * A producer on a thread of its own that makes transactions over all partitions until it is stopped. After an error it
 * begins anew under the same transactional id, which ends what the error left open. What became of each transaction
 * goes to the history.
 */
final class TransactionalLoad implements AutoCloseable {
    private static final int MAX_RECORDS = 8;
    private static final Duration PATIENCE = Duration.ofSeconds(120);
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);

    /** No transaction ends because a busy machine takes long to start a node again. */
    private static final int TRANSACTION_TIMEOUT_MS = 200_000;

    private static final int SEND_TIMEOUT_MS = 60_000;

    private final String bootstrap;
    private final String id;
    private final List<TopicPartition> partitions;
    private final Random random;
    private final TransactionHistory history;
    private final Thread thread;
    private int number;
    private volatile boolean isStopped;
    private volatile Throwable failure;

    /** Begins at once. */
    TransactionalLoad(
            final String bootstrap,
            final String id,
            final List<TopicPartition> partitions,
            final long seed,
            final TransactionHistory history) {
        this.bootstrap = bootstrap;
        this.id = id;
        this.partitions = partitions;
        this.random = new Random(seed);
        this.history = history;
        this.thread = Thread.ofPlatform().name("load-" + id).start(this::run);
    }

    private void run() {
        try {
            boolean isSettled = false;
            while (!isStopped || !isSettled) {
                final KafkaProducer<byte[], byte[]> producer = producer();
                try {
                    again(producer::initTransactions);
                    isSettled = true;
                    while (!isStopped && isSettled) {
                        isSettled = transact(producer, id + '-' + number++);
                    }
                } finally {
                    producer.close(CLOSE_TIMEOUT);
                }
            }
        } catch (final RuntimeException | Error ex) {
            failure = ex;
        }
    }

    private KafkaProducer<byte[], byte[]> producer() {
        return Clients.producer(
                bootstrap,
                "transactional.id",
                id,
                "linger.ms",
                random.nextInt(3),
                "transaction.timeout.ms",
                TRANSACTION_TIMEOUT_MS,
                "delivery.timeout.ms",
                SEND_TIMEOUT_MS,
                "max.block.ms",
                SEND_TIMEOUT_MS);
    }

    /** A call that runs out of time goes on when it is made again. */
    private void again(final Runnable call) {
        final long deadlineNs = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            try {
                call.run();
                return;
            } catch (final TimeoutException ex) {
                if (System.nanoTime() - deadlineNs > 0) {
                    throw ex;
                }
            }
        }
    }

    /** False when the producer can do no more. */
    private boolean transact(final KafkaProducer<byte[], byte[]> producer, final String transaction) {
        final int count = 1 + random.nextInt(MAX_RECORDS);
        final boolean isCommit = random.nextInt(4) > 0;
        boolean isDeciding = false;
        try {
            producer.beginTransaction();
            for (int record = 0; record < count; record++) {
                producer.send(Clients.record(
                        partitions.get(random.nextInt(partitions.size())),
                        TransactionHistory.value(transaction, record).getBytes(StandardCharsets.US_ASCII)));
            }
            if (random.nextBoolean()) {
                producer.flush();
            }
            isDeciding = isCommit;
            again(isCommit ? producer::commitTransaction : producer::abortTransaction);
            history.onEnd(transaction, count, isCommit ? Outcome.COMMITTED : Outcome.ABORTED);
            return true;
        } catch (final KafkaException ex) {
            // Nobody can have committed what this one did not ask to be.
            history.onEnd(transaction, count, isDeciding ? Outcome.UNKNOWN : Outcome.ABORTED);
            return false;
        }
    }

    /** Fails when the producer has. */
    void check() {
        if (failure != null) {
            throw new AssertionError("producer " + id + " failed", failure);
        }
    }

    /** Ends after the transaction under way. */
    void stop() {
        isStopped = true;
    }

    /** Waits until it has ended, with nothing left open. The cell must serve. */
    void finish() throws InterruptedException {
        stop();
        if (!thread.join(PATIENCE)) {
            final AssertionError stuck = new AssertionError("producer " + id + " does not come to an end");
            stuck.setStackTrace(thread.getStackTrace());
            throw stuck;
        }
        check();
    }

    @Override
    public void close() {
        stop();
        thread.interrupt();
        try {
            thread.join(PATIENCE);
        } catch (final InterruptedException ex) {
            Thread.currentThread().interrupt();
        }
    }
}
