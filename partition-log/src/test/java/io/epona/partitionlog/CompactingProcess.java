package io.epona.partitionlog;

import io.epona.runtime.testing.SettableNodeClock;
import java.nio.file.Path;
import org.agrona.concurrent.Agent;
import org.apache.kafka.common.Uuid;

/**
 * A process that writes and compacts one log until it is killed. Each run begins with all that the runs before it wrote
 * or would have written, as a journal brings it back, and checks the log against that.
 *
 * <p>Arguments: directory, number of the run (1 and up), name of the machine's boot.
 */
final class CompactingProcess {
    static final int RECORDS_PER_RUN = 1_500;
    static final String READY = "ready";
    static final String CLEANED = "cleaned";
    private static final int RING_LENGTH = 4 << 20;

    private CompactingProcess() {}

    public static void main(final String[] args) throws Exception {
        final int run = Integer.parseInt(args[1]);
        final FakePartitions partitions = partitions();
        final KeyedHistory history = new KeyedHistory(77);
        try (TestLane lane = lane(history, run - 1);
                TestShelf shelf = recovered(lane, Path.of(args[0]), partitions, args[2])) {
            history.check(shelf.logs);
            System.out.println(READY);
            System.out.flush();
            final Thread cleaner = new Thread(() -> cleanFor(shelf));
            cleaner.setDaemon(true);
            cleaner.start();
            for (int i = 0; i < RECORDS_PER_RUN; i++) {
                history.appendNext(lane);
                if (i % 10 == 9) {
                    shelf.shelveAll();
                }
            }
            cleaner.join(); // it is killed before
        } catch (final Throwable e) {
            e.printStackTrace();
            System.exit(2);
        }
    }

    private static void cleanFor(final TestShelf shelf) {
        final Agent cleaner = shelf.logs.cleaner();
        try {
            long cleanedLogs = 0;
            while (true) {
                cleaner.doWork();
                if (shelf.logs.cleaningStats().cleanedLogs() > cleanedLogs) {
                    cleanedLogs = shelf.logs.cleaningStats().cleanedLogs();
                    System.out.println(CLEANED);
                    System.out.flush();
                }
                Thread.onSpinWait();
            }
        } catch (final Exception e) {
            e.printStackTrace();
            System.exit(3);
        }
    }

    static FakePartitions partitions() {
        final FakePartitions partitions = new FakePartitions();
        partitions.add(0, "a", 0, new Uuid(7, 7), CompactionTest.compacted("min.cleanable.dirty.ratio", "0.0"));
        return partitions;
    }

    /** What so many runs have written, none of it drained yet. */
    static TestLane lane(final KeyedHistory history, final int runs) {
        final TestLane lane = new TestLane(RING_LENGTH);
        for (int i = 0; i < runs * RECORDS_PER_RUN; i++) {
            history.appendNext(lane);
            lane.counters.drained().setRelease(lane.position());
        }
        return lane;
    }

    static TestShelf recovered(
            final TestLane lane, final Path directory, final FakePartitions partitions, final String boot) {
        final TestShelf shelf = CompactionTest.shelf(
                lane, directory, partitions, new SettableNodeClock(1_700_000_000_000_000_000L), boot, 2);
        shelf.logs.forgetDrained(0);
        return shelf.recover(0);
    }
}
