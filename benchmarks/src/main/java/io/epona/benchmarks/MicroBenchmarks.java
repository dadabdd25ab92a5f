package io.epona.benchmarks;

import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.runner.NoBenchmarksException;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
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
        final CommandLineOptions commandLine;
        try {
            commandLine = new CommandLineOptions(args);
        } catch (final CommandLineOptionException e) {
            System.err.println("epona bench: " + e.getMessage());
            System.exit(2);
            return;
        }
        if (commandLine.shouldHelp()) {
            commandLine.showHelp();
            return;
        }
        if (commandLine.shouldList() || commandLine.shouldListWithParams()) {
            new Runner(commandLine).list();
            return;
        }
        System.exit(run(commandLine));
    }

    private static int run(final CommandLineOptions commandLine) {
        final Options options = new OptionsBuilder()
                .parent(commandLine)
                .addProfiler(GCProfiler.class)
                .verbosity(VerboseMode.NORMAL)
                .shouldFailOnError(false)
                .build();
        final TableFormat table = new TableFormat(System.out);
        try {
            new Runner(options, table).run();
            return table.failedCount() == 0 ? 0 : 1;
        } catch (final NoBenchmarksException e) {
            System.err.println("epona bench: no benchmark has such a name; -l lists them");
            return 2;
        } catch (final RunnerException e) {
            System.err.println("epona bench: failed: " + e.getMessage());
            return 1;
        }
    }
}
