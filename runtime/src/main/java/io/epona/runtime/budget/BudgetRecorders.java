package io.epona.runtime.budget;

import io.epona.runtime.NodeClock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.BiConsumer;
import org.HdrHistogram.Histogram;

/**
 * All stage recorders and breach logs of a node.
 *
 * <p>Recorders are made at assembly and each is then used by its own thread. Exporters (metrics, {@code .hlog} file,
 * console) call the other methods, from any thread; these are synchronised among themselves and never hold up a
 * recording thread.
 */
public final class BudgetRecorders {
    private final NodeClock clock;
    private final SequencedMap<String, StageRecorder> recorders = new LinkedHashMap<>();
    private final SequencedMap<String, BreachLog> breachLogs = new LinkedHashMap<>();
    private final SequencedMap<StageHistograms.Tag, Cell> cells = new LinkedHashMap<>();
    private final long startMs;

    /** Histograms of one owner and stage. */
    private static final class Cell {
        private final Histogram total = new Histogram(1, StageRecorder.HIGHEST_NS, StageRecorder.DIGITS);
        private Histogram interval;

        Cell(final long startMs) {
            total.setStartTimeStamp(startMs);
        }
    }

    /**
     * An empty registry.
     *
     * @param clock for the start and end times of the histograms
     */
    public BudgetRecorders(final NodeClock clock) {
        this.clock = clock;
        this.startMs = clock.epochMs();
    }

    /**
     * Makes the recorder of one thread.
     *
     * @param owner name, unique within the node, without dots, commas or spaces, for example {@code lane-0}
     * @param stages that it records
     */
    public synchronized StageRecorder recorder(final String owner, final Stage... stages) {
        final StageRecorder recorder = new StageRecorder(owner, stages);
        if (null != recorders.putIfAbsent(owner, recorder)) {
            throw new IllegalArgumentException("there is a recorder of that name: owner=" + owner);
        }
        for (final Stage stage : stages) {
            cells.put(new StageHistograms.Tag(owner, stage), new Cell(startMs));
        }
        return recorder;
    }

    /**
     * Makes the breach log of one thread.
     *
     * @param owner name, unique among the breach logs of the node
     * @param capacity number of breaches kept, a power of two
     */
    public synchronized BreachLog breachLog(final String owner, final int capacity) {
        final BreachLog log = new BreachLog(capacity);
        if (null != breachLogs.putIfAbsent(owner, log)) {
            throw new IllegalArgumentException("there is a breach log of that name: owner=" + owner);
        }
        return log;
    }

    /** Everything recorded since the node started. */
    public synchronized StageHistograms totals() {
        final long nowMs = collect();
        final SequencedMap<StageHistograms.Tag, Histogram> totals = new LinkedHashMap<>();
        cells.forEach((tag, cell) -> {
            cell.total.setEndTimeStamp(nowMs);
            totals.put(tag, cell.total.copy());
        });
        return new StageHistograms(totals);
    }

    /**
     * Lets a consumer look at everything recorded since the node started without copying it; the consumer must neither
     * keep nor change the histograms and should be quick.
     */
    public synchronized void forEachTotal(final BiConsumer<StageHistograms.Tag, Histogram> consumer) {
        final long nowMs = collect();
        cells.forEach((tag, cell) -> {
            cell.total.setEndTimeStamp(nowMs);
            consumer.accept(tag, cell.total);
        });
    }

    private long collect() {
        cells.forEach((tag, cell) -> {
            cell.interval = recorders.get(tag.owner()).interval(tag.stage(), cell.interval);
            if (cell.interval.getTotalCount() > 0) {
                final long startOfTotalMs = cell.total.getStartTimeStamp();
                cell.total.add(cell.interval);
                cell.total.setStartTimeStamp(startOfTotalMs);
            }
        });
        return clock.epochMs();
    }

    /** Number of breaches that any thread recorded. */
    public synchronized long breachCount() {
        return breachLogs.values().stream().mapToLong(BreachLog::count).sum();
    }

    /** Breach logs by owner. */
    public synchronized Map<String, BreachLog> breachLogs() {
        return new LinkedHashMap<>(breachLogs);
    }

    /**
     * The newest breaches over all owners, oldest of them first.
     *
     * @param limit number of breaches at most
     */
    public synchronized List<Breach> newestBreaches(final int limit) {
        final List<Breach> breaches = new ArrayList<>();
        breachLogs.values().forEach(log -> breaches.addAll(log.newest(limit)));
        breaches.sort(java.util.Comparator.comparingLong(Breach::epochNs));
        return List.copyOf(breaches.subList(Math.max(0, breaches.size() - limit), breaches.size()));
    }
}
