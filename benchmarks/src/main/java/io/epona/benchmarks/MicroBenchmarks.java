package io.epona.benchmarks;

import java.io.PrintStream;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.runner.NoBenchmarksException;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * Runs the benchmarks and prints one table: a row for each as soon as it is measured. Takes JMH's own options (patterns
 * of benchmark names, {@code -wi}, {@code -i}, {@code -f}, {@code -p name=values}, {@code -rf json -rff FILE}, ...);
 * the garbage collector's profiler is always on. Exit status 1 when a benchmark fails.
 */
public final class MicroBenchmarks {
    private MicroBenchmarks() {}

    public static void main(final String[] args) throws Exception {
        System.exit(run(args, System.out));
    }

    /** Runs, and gives the exit status: 0, 1 when a benchmark failed, 2 when the arguments make no sense. */
    static int run(final String[] args, final PrintStream out) throws Exception {
        try {
            return run(new CommandLineOptions(args), out);
        } catch (final CommandLineOptionException e) {
            System.err.println("epona bench: " + e.getMessage());
            return 2;
        } catch (final NoBenchmarksException e) {
            System.err.println("epona bench: no benchmark has such a name; -l lists them");
            return 2;
        }
    }

    private static int run(final CommandLineOptions commandLine, final PrintStream out) throws Exception {
        if (commandLine.shouldHelp()) {
            commandLine.showHelp();
            return 0;
        }
        if (commandLine.shouldList() || commandLine.shouldListWithParams()) {
            new Runner(commandLine).list();
            return 0;
        }
        final Options options = new OptionsBuilder()
                .parent(commandLine)
                .addProfiler(GCProfiler.class)
                .verbosity(VerboseMode.NORMAL)
                .shouldFailOnError(false)
                .build();
        final TableFormat table = new TableFormat(out);
        new Runner(options, table).run();
        return table.failedCount() == 0 ? 0 : 1;
    }
}
