package io.epona.partitionlog;

import io.epona.runtime.testing.SettableNodeClock;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.agrona.concurrent.Agent;

/**
 * One run of a node, as far as partition logs see it: opened on a directory, recovered, driven by hand, left or closed.
 */
final class TestShelf implements AutoCloseable {
    static final int MAX_CYCLES = 1_000_000;

    final TestLane lane;
    final SettableNodeClock clock;
    final PartitionLogs logs;
    final ShelfAgent agent;
    final Agent maintenance;
    final List<Throwable> fatal = new ArrayList<>();
    final List<Throwable> errors = new ArrayList<>();

    TestShelf(final TestLane lane, final Path directory, final FakePartitions partitions) {
        this(
                lane,
                PartitionLogsConfig.defaults(directory),
                partitions,
                new SettableNodeClock(1_700_000_000_000_000_000L),
                ShelfConfig.defaults(lane.ring.length(), 1L << 30));
    }

    TestShelf(
            final TestLane lane,
            final PartitionLogsConfig config,
            final FakePartitions partitions,
            final SettableNodeClock clock,
            final ShelfConfig shelfConfig) {
        this(lane, config, partitions, clock, shelfConfig, "boot");
    }

    TestShelf(
            final TestLane lane,
            final PartitionLogsConfig config,
            final FakePartitions partitions,
            final SettableNodeClock clock,
            final ShelfConfig shelfConfig,
            final String bootId) {
        this.lane = lane;
        this.clock = clock;
        this.logs =
                new PartitionLogs(config, partitions, clock, (role, reason) -> fatal.add(reason), errors::add, bootId);
        logs.open();
        this.agent = new ShelfAgent(
                new ShelfContext(
                        0,
                        lane.ring,
                        lane.spanLength(),
                        lane.counters,
                        logs,
                        clock,
                        (role, reason) -> fatal.add(reason)),
                shelfConfig);
        this.maintenance = logs.maintenance();
    }

    /** As a node's start does. */
    TestShelf recover(final long fromPosition) {
        agent.beginRecovery(fromPosition);
        lane.replay(fromPosition, agent);
        agent.completeRecovery(lane.position(), Math.max(0, lane.position() - lane.ring.length()));
        return this;
    }

    /** Everything committed is in the logs. */
    void drainAll() throws Exception {
        agent.requestDrain();
        drive(() -> lane.counters.drained().get() == lane.position());
    }

    /** Everything committed is on the device. */
    void shelveAll() throws Exception {
        drainAll();
        clock.advanceMs(60_000);
        drive(() -> lane.counters.shelved().get() == lane.position());
    }

    /** Lets agents work, a millisecond a cycle, until the condition holds or something failed. */
    void drive(final BooleanSupplier until) throws Exception {
        for (int i = 0; i < MAX_CYCLES; i++) {
            if (until.getAsBoolean() || !fatal.isEmpty()) {
                return;
            }
            agent.doWork();
            maintenance.doWork();
            clock.advanceMs(1);
        }
        throw new AssertionError("condition not reached in " + MAX_CYCLES + " cycles: drained="
                + lane.counters.drained().get() + ", shelved="
                + lane.counters.shelved().get() + ", position="
                + lane.position());
    }

    void failOnUnexpected() {
        if (!fatal.isEmpty() || !errors.isEmpty()) {
            final AssertionError error = new AssertionError("unexpected: fatal=" + fatal + ", errors=" + errors);
            fatal.forEach(error::addSuppressed);
            errors.forEach(error::addSuppressed);
            throw error;
        }
    }

    @Override
    public void close() {
        agent.onClose();
        failOnUnexpected();
        logs.close();
    }
}
