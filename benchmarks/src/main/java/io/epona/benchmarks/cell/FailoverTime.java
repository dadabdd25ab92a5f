package io.epona.benchmarks.cell;

import io.epona.runtime.CounterType;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * Kills the leader of the partition that a producer writes to, a record every ten milliseconds, and tells when the next
 * record was acknowledged: when another node was made the leader (its silence noticed, the metadata quorum agreed),
 * when that had begun to lead (its first frame committed), when the client had found it. The node is started again and
 * the cell is whole before the next run.
 */
final class FailoverTime implements CellBenchmarks.Measurement {
    private static final String TOPIC = "failover";
    private static final int RUNS = 5;
    private static final long INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(10);
    private static final long SETTLE_S = 8;
    private static final double NS_PER_S = 1e9;

    private final AtomicBoolean isOver = new AtomicBoolean();

    private final AtomicReference<Exception> failure = new AtomicReference<>();

    /** When the first acknowledgement came since this was 0. */
    private final AtomicLong ackedNs = new AtomicLong();

    private record Gap(double appointed, double leading, double acknowledged) {}

    @Override
    public void run(final RunningCell cell, final CellBenchmarks.Arguments arguments, final PrintStream out)
            throws Exception {
        Records.createTopic(cell, TOPIC, 1);
        cell.awaitWhole();
        final double[] totals = new double[arguments.runsOr(RUNS)];
        final Thread sender = Thread.ofPlatform().name("sender").start(() -> sendAll(cell));
        try {
            TimeUnit.SECONDS.sleep(SETTLE_S);
            out.println("seconds after SIGKILL: another leader appointed, leading, next record acknowledged");
            for (int run = 0; run < totals.length; run++) {
                final Gap gap = measure(cell);
                totals[run] = gap.acknowledged();
                out.printf(Locale.ROOT, "%.2f  %.2f  %.2f%n", gap.appointed(), gap.leading(), gap.acknowledged());
            }
        } finally {
            isOver.set(true);
            sender.join();
        }
        if (failure.get() != null) {
            throw new IllegalStateException("a record was not acknowledged: " + failure.get(), failure.get());
        }
        Arrays.sort(totals);
        out.printf(Locale.ROOT, "median %.2f s, most %.2f s%n", totals[totals.length / 2], totals[totals.length - 1]);
    }

    private Gap measure(final RunningCell cell) throws InterruptedException {
        final int leader = Records.leader(cell, TOPIC);
        final Set<Integer> ledLanes = new HashSet<>();
        cell.leaders().forEach((laneId, nodeId) -> {
            if (nodeId == leader) {
                ledLanes.add(laneId);
            }
        });
        final long killedNs = cell.kill(leader);
        RunningCell.await(
                "a leader for each lane", () -> cell.leaders().keySet().containsAll(ledLanes));
        final long appointedNs = System.nanoTime();
        ackedNs.set(0);
        RunningCell.await("leaders that have begun", () -> ledLanes.stream().allMatch(lane -> hasBegun(cell, lane)));
        final long leadingNs = System.nanoTime();
        RunningCell.await("an acknowledgement", () -> ackedNs.get() != 0 || failure.get() != null);
        final Gap gap = new Gap(
                (appointedNs - killedNs) / NS_PER_S,
                (leadingNs - killedNs) / NS_PER_S,
                (Math.max(ackedNs.get(), appointedNs) - killedNs) / NS_PER_S);
        cell.restart(leader);
        cell.awaitWhole();
        TimeUnit.SECONDS.sleep(SETTLE_S); // lanes go back to the node that prefers them
        cell.awaitWhole();
        return gap;
    }

    private static boolean hasBegun(final RunningCell cell, final int laneId) {
        final Map<Integer, Integer> leaders = cell.leaders();
        final Integer leader = leaders.get(laneId);
        return leader != null
                && cell.counters(leader, CounterType.LANE_COMMITTED).get(laneId)
                        >= cell.counters(leader, CounterType.LANE_READY_POSITION)
                                .get(laneId);
    }

    private void sendAll(final RunningCell cell) {
        try (KafkaProducer<byte[], byte[]> producer = Records.producer(cell)) {
            long dueNs = System.nanoTime();
            while (!isOver.get()) {

                producer.send(new ProducerRecord<>(TOPIC, 0, null, new byte[Records.LENGTH]), (metadata, exception) -> {
                    if (exception != null) {
                        failure.compareAndSet(null, exception);
                    } else {
                        ackedNs.compareAndSet(0, System.nanoTime());
                    }
                });
                dueNs += INTERVAL_NS;
                LockSupport.parkNanos(Math.max(0, dueNs - System.nanoTime()));
            }
        }
    }
}
