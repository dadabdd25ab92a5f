package io.epona.benchmarks.cell;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * {@code ./epona bench cell WHAT}: starts a cell of three in a temporary directory, measures one thing, prints it and
 * removes everything. Exit status 1 when the cell did not do what it was to do, 2 when the arguments make no sense.
 */
public final class CellBenchmarks {
    static final String USAGE = """
            usage: ./epona bench cell WHAT [options]
            WHAT is one of
              idle           processor use of a cell that nobody uses
              first-record   time to the acknowledgement of a record after two seconds of silence
              failover       time to the next acknowledgement after the leader is killed with SIGKILL
              catch-up       time until a node that missed data is in sync again
            options
              --runs N       how often (idle 3, first-record 30, failover 5, catch-up 1)
              --mib N        what is missed (1024)
              --partitions N of the topic that is missed (6)
              --dir DIR      where the temporary directory is made (the system's)
              --set KEY=VALUE  a configuration key of the nodes; may be repeated""";

    /**
     * What is to be measured.
     *
     * @param what name of the measurement
     * @param runs how often; 0: as usual
     * @param mib mebibytes that are missed
     * @param partitions of the topic
     * @param directory below which the cell's directory is made
     * @param settings {@code key=value} of the nodes
     */
    record Arguments(String what, int runs, int mib, int partitions, Path directory, List<String> settings) {
        int runsOr(final int usual) {
            return runs > 0 ? runs : usual;
        }
    }

    /** A measurement of a cell that serves. */
    interface Measurement {
        void run(RunningCell cell, Arguments arguments, PrintStream out) throws Exception;
    }

    private static final Map<String, Measurement> MEASUREMENTS = Map.of(
            "idle", new IdleUse(),
            "first-record", new FirstRecord(),
            "failover", new FailoverTime(),
            "catch-up", new CatchUpTime());

    private CellBenchmarks() {}

    public static void main(final String[] args) throws Exception {
        System.exit(run(args, System.out));
    }

    /** Runs, and gives the exit status. */
    static int run(final String[] args, final PrintStream out) throws Exception {
        final Arguments arguments;
        if (args.length == 1 && args[0].equals("--help")) {
            out.println(USAGE);
            return 0;
        }
        try {
            arguments = parse(args);
        } catch (final IllegalArgumentException ex) {
            System.err.println("epona bench: " + ex.getMessage() + "\n" + USAGE);
            return 2;
        }
        try (RunningCell cell = RunningCell.start(arguments.directory(), arguments.settings())) {
            MEASUREMENTS.get(arguments.what()).run(cell, arguments, out);
            return 0;
        } catch (final IllegalStateException ex) {
            System.err.println("epona bench: " + ex.getMessage());
            return 1;
        }
    }

    static Arguments parse(final String[] args) {
        if (args.length == 0 || !MEASUREMENTS.containsKey(args[0])) {
            throw new IllegalArgumentException(
                    args.length == 0 ? "nothing to measure" : "no such measurement: " + args[0]);
        }
        int runs = 0;
        int mib = 1024;
        int partitions = 6;
        Path directory = Path.of(System.getProperty("java.io.tmpdir"));
        final List<String> settings = new ArrayList<>();
        for (int i = 1; i < args.length; i += 2) {
            if (i + 1 == args.length) {
                throw new IllegalArgumentException(args[i] + " needs a value");
            }
            switch (args[i]) {
                case "--runs" -> runs = positive(args[i], args[i + 1]);
                case "--mib" -> mib = positive(args[i], args[i + 1]);
                case "--partitions" -> partitions = positive(args[i], args[i + 1]);
                case "--dir" -> directory = Path.of(args[i + 1]);
                case "--set" -> settings.add(args[i + 1]);
                default -> throw new IllegalArgumentException("no such option: " + args[i]);
            }
        }
        return new Arguments(args[0], runs, mib, partitions, directory, List.copyOf(settings));
    }

    private static int positive(final String option, final String text) {
        try {
            final int value = Integer.parseInt(text);
            if (value > 0) {
                return value;
            }
        } catch (final NumberFormatException ex) {
            throw new IllegalArgumentException(option + " needs a number, not " + text, ex);
        }
        throw new IllegalArgumentException(option + " needs a positive number, not " + text);
    }
}
