package io.epona.node;

import io.epona.coordinator.GroupCoordinators;
import io.epona.coordinator.LaneAppends;
import io.epona.coordinator.TransactionCoordinators;
import io.epona.coordinator.TransactionStats;
import io.epona.gateway.KafkaGateway;
import io.epona.partitionlog.CleaningStats;
import io.epona.runtime.CounterType;
import io.epona.runtime.NodeCounters;
import io.epona.runtime.budget.BreachLog;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.ToLongFunction;
import org.agrona.concurrent.status.AtomicCounter;

/**
 * Copies what components count for themselves into the node's counters, each time that it is called. One thread calls
 * it; the counts that it reads may be a moment old.
 */
final class CounterPublisher {
    private record Published(AtomicCounter counter, LongSupplier count) {}

    private final List<Published> published = new ArrayList<>();

    static CounterPublisher of(
            final Surroundings node,
            final List<RunningLane> lanes,
            final List<KafkaGateway> gateways,
            final CoordinatorAssembly coordinators) {
        final CounterPublisher publisher = new CounterPublisher();
        final NodeCounters counters = node.counters();
        publisher.add(counters.counter(CounterType.CLOCK_STEPS), node.clock()::stepCount);
        publisher.add(counters.counter(CounterType.SHELF_OPEN_LOGS), node.logs()::openCount);
        final CleaningStats cleaning = node.logs().cleaningStats();
        publisher.add(counters.counter(CounterType.CLEANER_LOGS), cleaning::cleanedLogs);
        publisher.add(counters.counter(CounterType.CLEANER_READ), cleaning::readLength);
        publisher.add(counters.counter(CounterType.CLEANER_FREED), cleaning::freedLength);
        publisher.add(counters.counter(CounterType.CLEANER_FAILURES), cleaning::failures);
        publisher.add(counters.counter(CounterType.CLEANER_WAITING), cleaning::waitingLogs);
        publisher.add(counters.counter(CounterType.CLEANER_MAX_DIRTY), cleaning::maxDirtyPercent);
        for (int laneId = 0; laneId < lanes.size(); laneId++) {
            publisher.add(
                    counters.counter(CounterType.JOURNAL_WRITES, laneId, "lane-" + laneId),
                    lanes.get(laneId).writer()::writeCount);
        }
        for (int gatewayId = 0; gatewayId < gateways.size(); gatewayId++) {
            publisher.addGateway(counters, gatewayId, gateways.get(gatewayId));
        }
        publisher.addCoordinators(counters, coordinators.groups(), coordinators.appends());
        publisher.addTransactions(counters, coordinators.transactions());
        int agentId = 0;
        for (final var log : node.budget().breachLogs().entrySet()) {
            final BreachLog breaches = log.getValue();
            publisher.add(counters.counter(CounterType.BREACHES, agentId++, log.getKey()), breaches::count);
        }
        return publisher;
    }

    private void addGateway(final NodeCounters counters, final int gatewayId, final KafkaGateway gateway) {
        final String subject = gateway.roleName();
        add(counters.counter(CounterType.GATEWAY_CONNECTIONS, gatewayId, subject), gateway.netStats()::connections);
        add(counters.counter(CounterType.GATEWAY_ACCEPTED, gatewayId, subject), gateway.netStats()::accepted);
        add(counters.counter(CounterType.GATEWAY_REJECTED, gatewayId, subject), gateway.netStats()::closedForError);
        add(counters.counter(CounterType.GATEWAY_REQUESTS, gatewayId, subject), gateway.netStats()::requests);
        add(counters.counter(CounterType.GATEWAY_RECEIVED, gatewayId, subject), gateway.netStats()::bytesIn);
        add(counters.counter(CounterType.GATEWAY_SENT, gatewayId, subject), gateway.netStats()::bytesOut);
        add(counters.counter(CounterType.GATEWAY_RING_READ, gatewayId, subject), gateway.fetchMeters()::memoryBytes);
        add(counters.counter(CounterType.GATEWAY_LOG_READ, gatewayId, subject), gateway.fetchMeters()::fileBytes);
        add(counters.counter(CounterType.GATEWAY_WAITING_FETCHES, gatewayId, subject), gateway.fetchMeters()::waiting);
    }

    private void addCoordinators(
            final NodeCounters counters, final GroupCoordinators groups, final LaneAppends appends) {
        add(counters.counter(CounterType.GROUPS_CLASSIC), () -> groups.stats().classicGroups());
        add(counters.counter(CounterType.GROUPS_CONSUMER), () -> groups.stats().consumerGroups());
        add(counters.counter(CounterType.GROUPS_STREAMS), () -> groups.stats().streamsGroups());
        add(
                counters.counter(CounterType.GROUPS_ACTIVE_PARTITIONS),
                () -> groups.stats().activePartitions());
        add(
                counters.counter(CounterType.GROUPS_LOADING_PARTITIONS),
                () -> groups.stats().loadingPartitions());
        add(counters.counter(CounterType.GROUPS_LOADS), () -> groups.stats().loads());
        add(
                counters.counter(CounterType.GROUPS_LOAD_FAILURES),
                () -> groups.stats().loadFailures());
        add(
                counters.counter(CounterType.GROUPS_LOADED_RECORDS),
                () -> groups.stats().loadedRecords());
        add(counters.counter(CounterType.GROUPS_FENCED), () -> groups.stats().fenced());
        add(counters.counter(CounterType.COORDINATOR_BATCHES), appends::batches);
        add(counters.counter(CounterType.COORDINATOR_REFUSED), appends::refused);
        add(counters.counter(CounterType.COORDINATOR_OPEN), appends::openCount);
    }

    private void addTransactions(final NodeCounters counters, final TransactionCoordinators transactions) {
        add(CounterType.TRANSACTIONS_IDS, TransactionStats::transactionalIds, counters, transactions);
        add(CounterType.TRANSACTIONS_ONGOING, TransactionStats::ongoing, counters, transactions);
        add(CounterType.TRANSACTIONS_ENDING, TransactionStats::ending, counters, transactions);
        add(CounterType.TRANSACTIONS_LATE, TransactionStats::late, counters, transactions);
        add(CounterType.TRANSACTIONS_COMMITTED, TransactionStats::committed, counters, transactions);
        add(CounterType.TRANSACTIONS_ABORTED, TransactionStats::aborted, counters, transactions);
        add(CounterType.TRANSACTIONS_TIMED_OUT, TransactionStats::timedOut, counters, transactions);
        add(CounterType.TRANSACTIONS_ACTIVE_PARTITIONS, TransactionStats::activePartitions, counters, transactions);
        add(CounterType.TRANSACTIONS_LOADING_PARTITIONS, TransactionStats::loadingPartitions, counters, transactions);
        add(CounterType.TRANSACTIONS_LOADS, TransactionStats::loads, counters, transactions);
        add(CounterType.TRANSACTIONS_LOAD_FAILURES, TransactionStats::loadFailures, counters, transactions);
        add(CounterType.TRANSACTIONS_LOADED_RECORDS, TransactionStats::loadedRecords, counters, transactions);
    }

    private void add(
            final CounterType type,
            final ToLongFunction<TransactionStats> count,
            final NodeCounters counters,
            final TransactionCoordinators transactions) {
        add(counters.counter(type), () -> count.applyAsLong(transactions.stats()));
    }

    private void add(final AtomicCounter counter, final LongSupplier count) {
        published.add(new Published(counter, count));
    }

    /** Copies everything. */
    void publish() {
        for (final Published one : published) {
            one.counter().setRelease(one.count().getAsLong());
        }
    }
}
