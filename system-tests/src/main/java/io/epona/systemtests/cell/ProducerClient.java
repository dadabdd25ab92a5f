package io.epona.systemtests.cell;

import io.epona.systemtests.cell.Broker.Result;
import java.util.ArrayList;
import java.util.List;

/**
 * A producer of one partition. One that is idempotent waits for all replicas and sends each batch again, in order and
 * up to five at a time, until it is acknowledged, whoever leads then. The other kind waits for the leader alone and
 * sends each batch once. One thread.
 */
final class ProducerClient {
    private static final int MAX_IN_FLIGHT = 5;
    private static final int SLOW_FACTOR = 10;
    private static final long REQUEST_TIMEOUT_NS = 400_000_000;

    private final World world;
    private final CellPlan plan;
    private final Brokers brokers;
    private final History history;
    private final Batch.Maker maker;
    private final int partition;
    private final long producerId;
    private final List<Batch> unacknowledged = new ArrayList<>();
    private Connection connection;
    private int sentCount;
    private int nextSequence;
    private long oldestSentNs;
    private boolean mayBeginNew = true;
    private boolean isSlow;
    private int acknowledgedCount;

    /** @param producerId negative: not idempotent. */
    ProducerClient(
            final World world,
            final CellPlan plan,
            final Brokers brokers,
            final History history,
            final Batch.Maker maker,
            final long producerId) {
        this.world = world;
        this.plan = plan;
        this.brokers = brokers;
        this.history = history;
        this.maker = maker;
        this.producerId = producerId;
        this.partition = world.chance().below(plan.partitions());
    }

    void start() {
        world.timeline().after(world.chance().between(0L, 50_000_000), this::tick);
    }

    /** Sends only now and then: nodes that missed much, or all, must be able to catch up. */
    void slowDown() {
        isSlow = true;
    }

    /** Nothing new from now on; what was begun is brought to its end. */
    void beginNothingNew() {
        mayBeginNew = false;
    }

    /** Sends one more batch, to see that the cell works. */
    void beginOneMore() {
        begin();
    }

    boolean isIdle() {
        return unacknowledged.isEmpty();
    }

    int acknowledgedCount() {
        return acknowledgedCount;
    }

    private boolean isIdempotent() {
        return producerId >= 0;
    }

    private void tick() {
        final long meanNs =
                isSlow ? Math.max(SLOW_FACTOR * plan.sendEveryNs(), plan.restartIntervalNs()) : plan.sendEveryNs();
        world.timeline().after(world.chance().between(meanNs / 8, meanNs * 2), this::tick);
        if (mayBeginNew && (!isSlow || unacknowledged.isEmpty()) && unacknowledged.size() < MAX_IN_FLIGHT) {
            final int burst = world.chance().oneIn(12) ? MAX_IN_FLIGHT - unacknowledged.size() : 1;
            for (int i = 0; i < burst; i++) {
                begin();
            }
        }
        if (null != connection && (connection.isClosed() || isOverdue())) {
            reconnect();
        }
        sendWaiting();
    }

    private boolean isOverdue() {
        return sentCount > 0 && world.timeline().nowNs() - oldestSentNs > REQUEST_TIMEOUT_NS;
    }

    private void begin() {
        final Chance chance = world.chance();
        final int recordCount = chance.between(1, 3);
        final int longest = plan.maxBatchLength() / recordCount - 160;
        final int valueLength = Math.min(longest, 16 + chance.below(chance.oneIn(8) ? longest : 400));
        final Batch batch = maker.make(
                partition,
                producerId,
                isIdempotent() ? nextSequence : -1,
                recordCount,
                valueLength,
                chance.between(1L, Long.MAX_VALUE / 4));
        nextSequence += recordCount;
        unacknowledged.add(batch);
    }

    private void reconnect() {
        connection.close();
        connection = null;
        sentCount = 0;
        if (!isIdempotent()) {
            unacknowledged.clear();
        }
    }

    private void sendWaiting() {
        if (null == connection) {
            if (unacknowledged.isEmpty()) {
                return;
            }
            connection = Connection.open(world, brokers);
            if (null == connection) {
                return;
            }
        }
        while (sentCount < Math.min(MAX_IN_FLIGHT, unacknowledged.size())) {
            send(connection, unacknowledged.get(sentCount), sentCount == 0);
            if (sentCount == 0) {
                oldestSentNs = world.timeline().nowNs();
            }
            sentCount++;
        }
    }

    private void send(final Connection to, final Batch batch, final boolean isFirst) {
        to.send(() -> to.broker.produce(batch, isIdempotent(), (result, baseOffset) -> {
            if (result == Result.OK && isIdempotent()) {
                history.onAnswered(to.broker.nodeId(), batch, baseOffset);
            }
            to.answer(() -> onAnswer(to, batch, isFirst, result, baseOffset));
        }));
    }

    private void onAnswer(
            final Connection from,
            final Batch batch,
            final boolean isFirst,
            final Result result,
            final long baseOffset) {
        if (from != connection) {
            return;
        }
        if (result == Result.OK) {
            acknowledgedCount++;
            if (isIdempotent()) {
                history.onAcknowledged(from.broker.nodeId(), batch, baseOffset);
            }
            unacknowledged.remove(batch);
            sentCount--;
            oldestSentNs = world.timeline().nowNs();
            return;
        }
        // A deposed leader that does not know it yet may miss what its successor has acknowledged.
        if (result == Result.OUT_OF_ORDER && isFirst && history.isNewestLeader(from.broker.nodeId())) {
            throw new Violation("node " + from.broker.nodeId() + " misses what it has acknowledged: out of order is "
                    + batch + ", which is the first that was not acknowledged");
        }
        reconnect();
    }

    @Override
    public String toString() {
        return "producer " + producerId + " of partition " + partition + ", unacknowledged " + unacknowledged.size();
    }
}
