package io.epona.systemtests.cell;

import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * {@code ./epona simulate --seeds N --from S [--seed X]}: simulates whole cells. Ends with 0 when every promise was
 * kept in every seed, with 1 when one was broken (the seed, how to run it again and what happened last are printed),
 * with 2 when the arguments are wrong.
 */
public final class SimulateCommand {
    private static final String USAGE = """
            usage: ./epona simulate [--seeds N] [--from S] [--threads T] [--bug NAME]
                   ./epona simulate --seed X [--bug NAME] [--lines L]

              --seeds N    how many seeds (default 1000)
              --from S     the first of them (default 0)
              --seed X     this one only, with a trace of what happened last
              --lines L    how long that trace is (default 120)
              --stop-after K  end after so many seeds that failed (default 1)
              --threads T  seeds that run beside each other (default: one for each core)
              --bug NAME   plants a known bug, to see that it is found""";
    private static final int DEFAULT_SEEDS = 1_000;
    private static final int DEFAULT_LINES = 120;

    private final PrintStream out;
    private long seeds = DEFAULT_SEEDS;
    private long from;
    private Long seed;
    private int lines = DEFAULT_LINES;
    private int threads = Runtime.getRuntime().availableProcessors();
    private int stopAfter = 1;
    private PlantedBug bug = PlantedBug.NONE;

    private SimulateCommand(final PrintStream out) {
        this.out = out;
    }

    /** Runs the command and ends the process. */
    public static void main(final String[] args) throws InterruptedException {
        System.exit(run(args, System.out));
    }

    /** Runs the command; returns its exit status. */
    static int run(final String[] args, final PrintStream out) throws InterruptedException {
        final SimulateCommand command = new SimulateCommand(out);
        try {
            if (!command.parse(args)) {
                out.println(USAGE);
                return 0;
            }
        } catch (final IllegalArgumentException ex) {
            out.println("epona simulate: " + ex.getMessage());
            out.println(USAGE);
            return 2;
        }
        return null != command.seed ? command.runOne(command.seed) : command.runAll();
    }

    private boolean parse(final String[] args) {
        for (int i = 0; i < args.length; i++) {
            if ("-h".equals(args[i]) || "--help".equals(args[i])) {
                return false;
            }
            if (i + 1 == args.length) {
                throw new IllegalArgumentException("no value for " + args[i]);
            }
            final String name = args[i];
            final String value = args[++i];
            switch (name) {
                case "--seeds" -> seeds = number(name, value);
                case "--from" -> from = number(name, value);
                case "--seed" -> seed = number(name, value);
                case "--lines" -> lines = (int) Math.min(number(name, value), Integer.MAX_VALUE);
                case "--stop-after" -> stopAfter = (int) Math.min(number(name, value), Integer.MAX_VALUE);
                case "--threads" -> threads = Math.clamp(number(name, value), 1, 256);
                case "--bug" -> bug = bug(value);
                default -> throw new IllegalArgumentException("unknown option: " + name);
            }
        }
        return true;
    }

    private static long number(final String name, final String value) {
        try {
            return Long.parseUnsignedLong(value);
        } catch (final NumberFormatException ex) {
            throw new IllegalArgumentException("not a number: " + name + " " + value, ex);
        }
    }

    private static PlantedBug bug(final String value) {
        try {
            return PlantedBug.valueOf(value.toUpperCase(Locale.ROOT).replace('-', '_'));
        } catch (final IllegalArgumentException ex) {
            throw new IllegalArgumentException(
                    "no such bug: " + value + "; there are " + List.of(PlantedBug.values()), ex);
        }
    }

    private int runOne(final long one) {
        final CellSimulation simulation = new CellSimulation(one, bug, true);
        try {
            final SimulationReport report = simulation.run();
            simulation.trace().last(lines).forEach(out::println);
            out.println("seed " + one + " kept every promise: " + report);
            return 0;
        } catch (final Violation ex) {
            simulation.trace().last(lines).forEach(out::println);
            out.println("seed " + one + " BROKE A PROMISE: " + ex.getMessage());
            out.println(simulation.plan());
            if (null != ex.getCause()) {
                ex.getCause().printStackTrace(out);
            }
            return 1;
        }
    }

    private int runAll() throws InterruptedException {
        final long startNs = System.nanoTime();
        final AtomicLong next = new AtomicLong(from);
        final Totals totals = new Totals();
        try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
            for (int i = 0; i < threads; i++) {
                pool.execute(() -> work(next, totals));
            }
        }
        final long elapsedMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNs);
        totals.reasons.forEach(out::println);
        out.println(totals.describe(elapsedMs));
        return totals.failed.isEmpty() ? 0 : runOneAgain(totals.failed.get(0));
    }

    private void work(final AtomicLong next, final Totals totals) {
        while (totals.failed.size() < stopAfter) {
            final long one = next.getAndIncrement();
            if (one - from >= seeds) {
                return;
            }
            try {
                totals.add(new CellSimulation(one, bug, false).run());
            } catch (final Violation ex) {
                totals.fail(one, ex.getMessage());
            } catch (final RuntimeException | Error ex) {
                totals.fail(one, "the simulation itself failed: " + ex);
            }
        }
    }

    private int runOneAgain(final long failed) {
        final int status = runOne(failed);
        if (status == 0) {
            out.println(
                    "seed " + failed + " failed before, and not when it was run again: the simulation does not replay");
        }
        out.println(
                "to run it again: ./epona simulate --seed " + failed + (bug == PlantedBug.NONE ? "" : " --bug " + bug));
        return 1;
    }

    /** What happened in all seeds. Thread-safe. */
    private static final class Totals {
        final List<Long> failed = new CopyOnWriteArrayList<>();
        final List<String> reasons = new CopyOnWriteArrayList<>();
        private long seeds;
        private long events;
        private long acknowledged;
        private long starts;
        private long leaders;
        private long faults;
        private long gone;

        synchronized void fail(final long seed, final String why) {
            failed.add(seed);
            reasons.add("seed " + seed + ": " + why);
        }

        synchronized void add(final SimulationReport report) {
            seeds++;
            events += report.eventCount();
            acknowledged += report.acknowledgedCount();
            starts += report.startCount();
            leaders += report.leaderChangeCount();
            faults += report.faultCount();
            gone += report.isDataGone() ? 1 : 0;
        }

        synchronized String describe(final long elapsedMs) {
            return "simulated cells: seeds=" + seeds + ", steps=" + events + ", faults=" + faults + ", starts=" + starts
                    + ", leaders=" + leaders + ", acknowledged batches=" + acknowledged
                    + ", ended by loss of every copy=" + gone + ", failed=" + failed.size() + ", ms=" + elapsedMs;
        }
    }
}
