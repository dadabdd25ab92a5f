package io.epona.systemtests.transactions;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.systemtests.cell.live.CellErrors;
import io.epona.systemtests.cell.live.LiveCell;
import io.epona.systemtests.harness.Await;
import io.epona.systemtests.harness.Clients;
import io.epona.systemtests.harness.TestBench;
import io.epona.systemtests.transactions.TransactionHistory.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Transactions of several producers in a cell whose coordinators and leaders are killed: of what readers of committed
 * records see nothing is lost, torn, aborted or repeated.
 *
 * <p>To run a failing seed again: {@code -Depona.seed=SEED}. What producers do and who is hit comes from it; the
 * machine's timing does not. {@code -Depona.kills=COUNT} runs longer.
 */
@Timeout(600)
class TransactionsInACellTest {
    private static final long SEED = Long.getLong("epona.seed", System.nanoTime());
    private static final int KILLS = Integer.getInteger("epona.kills", 2);
    private static final String TOPIC = "paid";
    private static final int PARTITIONS = 6;
    private static final int PRODUCERS = 3;
    private static final int TRANSACTIONS_PER_STEP = 30;
    private static final Duration PATIENCE = Duration.ofSeconds(120);
    private static final Set<TransactionState> OPEN = Set.of(
            TransactionState.ONGOING,
            TransactionState.PREPARE_COMMIT,
            TransactionState.PREPARE_ABORT,
            TransactionState.PREPARE_EPOCH_FENCE,
            TransactionState.UNKNOWN);

    @RegisterExtension
    private final TestBench bench = new TestBench();

    private final Random random = new Random(SEED);
    private final List<TopicPartition> partitions = List.copyOf(Clients.partitions(TOPIC, PARTITIONS));
    private final TransactionHistory history = new TransactionHistory();
    private final List<TransactionalLoad> loads = new ArrayList<>();

    @Test
    void shouldCommitAllOrNothingOnceWhenCoordinatorsAndLeadersAreKilled() throws Exception {
        CellErrors.expectIn(bench);
        System.out.println("seed " + SEED);
        try (LiveCell cell = LiveCell.of(bench)
                        .set("transaction.config.transaction.state.log.num.partitions", "6")
                        .startAll();
                Admin admin = Clients.admin(cell.bootstrap())) {
            Clients.get(admin.createTopics(List.of(
                            new NewTopic(TOPIC, PARTITIONS, (short) 3).configs(Map.of("min.insync.replicas", "2"))))
                    .all());
            try (CommittedReader reader = new CommittedReader(cell.bootstrap(), partitions)) {
                for (int i = 0; i < PRODUCERS; i++) {
                    loads.add(new TransactionalLoad(cell.bootstrap(), id(i), partitions, random.nextLong(), history));
                }
                killWhileTheyWork(cell, admin, reader);
                check(cell, admin, reader);
            } finally {
                loads.forEach(TransactionalLoad::close);
            }
        }
    }

    private static String id(final int producer) {
        return "till-" + producer;
    }

    /** Who coordinates a producer's transactions, and who leads a partition, by turns; the last one stays away. */
    private void killWhileTheyWork(final LiveCell cell, final Admin admin, final CommittedReader reader)
            throws Exception {
        awaitMore(reader);
        for (int kill = 0; kill < KILLS; kill++) {
            final int victim = kill % 2 == 0 ? coordinator(admin) : leader(admin);
            cell.kill(victim);
            awaitMore(reader);
            if (kill < KILLS - 1) {
                cell.restart(victim);
                awaitMore(reader);
            }
        }
    }

    private int coordinator(final Admin admin) throws Exception {
        final String id = id(random.nextInt(PRODUCERS));
        return Clients.get(admin.describeTransactions(List.of(id)).description(id))
                .coordinatorId();
    }

    private int leader(final Admin admin) throws Exception {
        return Clients.get(admin.describeTopics(List.of(TOPIC)).allTopicNames())
                .get(TOPIC)
                .partitions()
                .get(random.nextInt(PARTITIONS))
                .leader()
                .id();
    }

    private void awaitMore(final CommittedReader reader) throws Exception {
        final int before = history.size();
        Await.until(() -> "transactions: " + before + " before, " + history.size() + " now", PATIENCE, () -> {
            loads.forEach(TransactionalLoad::check);
            reader.poll();
            return history.size() >= before + TRANSACTIONS_PER_STEP;
        });
    }

    private void check(final LiveCell cell, final Admin admin, final CommittedReader reader) throws Exception {
        loads.forEach(TransactionalLoad::stop);
        for (final TransactionalLoad load : loads) {
            load.finish();
        }
        Await.until(
                () -> "a transaction is open",
                PATIENCE,
                () -> Clients.get(admin.listTransactions().all()).stream()
                        .noneMatch(transaction -> OPEN.contains(transaction.state())));
        history.check(reader.readToEnd(PATIENCE));
        try (CommittedReader fromTheStart = new CommittedReader(cell.bootstrap(), partitions)) {
            history.check(fromTheStart.readToEnd(PATIENCE));
        }
        assertTrue(history.count(Outcome.COMMITTED) > TRANSACTIONS_PER_STEP, () -> "too few: " + history.size());
        assertTrue(history.count(Outcome.UNKNOWN) <= history.size() / 4, () -> "too many in doubt");
    }
}
