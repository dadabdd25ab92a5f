package io.epona.node.cli;

import io.epona.demo.Demo;
import io.epona.demo.DemoConfig;
import io.epona.demo.DemoContext;
import io.epona.demo.DemoException;
import io.epona.demo.ExitStatus;
import io.epona.demo.FlowSource;
import io.epona.demo.flow.Schedule;
import io.epona.node.SharedMemory;
import io.epona.runtime.SystemNodeClock;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code epona demo}: order flow through ordinary Kafka clients and a node, with a verdict. */
@Command(
        name = "demo",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description =
                "Sends order flow through a real Kafka client into a node and reads it back with another: every record"
                        + " is checked, and timed against the 100 ms budget.",
        exitCodeListHeading = "Exit status:%n",
        exitCodeList = {
            "0:every record came exactly once and in order, within the budget",
            "1:a record was lost, duplicated, reordered, altered or given up",
            "2:bad options or input",
            "3:every record came exactly once and in order, but one took longer than the budget",
            "4:no verdict: the node did not start, ended or could not be reached"
        })
public final class DemoCommand implements Callable<Integer> {
    private static final double DEFAULT_SYNTHETIC_SPEED = 20;
    private static final int MAX_SECONDS = 86_400;
    private static final double MAX_RATE = 1_000_000;
    private static final long STOP_TIMEOUT_S = 60;

    @Option(
            names = "--input",
            paramLabel = "FILE",
            arity = "1..*",
            description =
                    "LOBSTER message files, plain or gzip, named after their symbol (AAPL_...csv); several are played"
                            + " together. Default: a flow made from --seed, like the real hour of a busy share.")
    private List<Path> inputs = List.of();

    @Option(names = "--seed", description = "Seed of a made flow; the same seed, the same flow (${DEFAULT-VALUE}).")
    private long seed = 20_120_621;

    @ArgGroup
    private Pace pace;

    @Option(names = "--seconds", paramLabel = "S", description = "Length of the measured run (${DEFAULT-VALUE}).")
    private int seconds = 30;

    @Option(
            names = "--cell",
            paramLabel = "3|5",
            description = "Start a cell of so many nodes, each a process of this machine, instead of a single node.")
    private int cellSize = 1;

    @Option(
            names = "--kill",
            description = "Kill the node that leads most, in the middle of the run, and tell what that cost; with"
                    + " --cell.")
    private boolean isKilling;

    @Option(
            names = "--report",
            paramLabel = "FILE.html",
            description = "Write an HTML report that opens without network.")
    private Path report;

    @Option(
            names = "--bootstrap",
            paramLabel = "HOST:PORT",
            description = "Load a node (or any Kafka broker) that runs already, instead of starting one.")
    private String bootstrap;

    @Option(
            names = "--metrics",
            paramLabel = "HOST:PORT",
            description = "That node's metrics address, for its stage times; with --bootstrap.")
    private String metrics;

    @Option(
            names = "--dir",
            paramLabel = "DIR",
            description = "Existing directory in which the node's temporary data directory is made (the system's).")
    private Path directory;

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description = "A configuration key of the node; may be repeated.")
    private List<String> settings = List.of();

    @Spec
    private CommandSpec spec;

    /** How fast: one or the other. */
    private static final class Pace {
        @Option(names = "--rate", paramLabel = "N", description = "Events a second, evenly spaced.")
        private Double rate;

        @Option(
                names = "--speed",
                paramLabel = "X",
                description =
                        "Times as fast as recorded. Default: 1 with --input; else 20, which is about 2,000 events/s"
                                + " in bursts.")
        private Double speed;
    }

    @Override
    public Integer call() throws InterruptedException {
        final PrintWriter out = spec.commandLine().getOut();
        final boolean isTerminal = System.console() != null && System.console().isTerminal();
        final Demo demo = new Demo(
                config(),
                new DemoContext(
                        new SystemNodeClock(),
                        Thread.ofPlatform().daemon().name("demo-", 0).factory(),
                        out,
                        isTerminal));
        final Ending ending = new Ending(demo);
        Runtime.getRuntime().addShutdownHook(new Thread(ending, "demo-stop"));
        try {
            return ending.status(demo.run());
        } catch (final DemoException ex) {
            spec.commandLine().getErr().println("epona demo: " + ex.getMessage());
            spec.commandLine().getErr().flush();
            return ending.status(ex.exitStatus());
        } finally {
            out.flush();
            ending.done();
        }
    }

    private DemoConfig config() {
        check(seconds >= 1 && seconds <= MAX_SECONDS, "--seconds must be within 1 to " + MAX_SECONDS);
        check(metrics == null || bootstrap != null, "--metrics needs --bootstrap");
        check(directory == null || bootstrap == null, "--dir is for a node of the demo's own, not with --bootstrap");
        check(report == null || isWritable(report), "--report must name a file in a directory that can be written to");
        check(settings.isEmpty() || bootstrap == null, "--set is for a node of the demo's own, not with --bootstrap");
        check(cellSize == 1 || cellSize == 3 || cellSize == 5, "--cell is 3 or 5");
        check(cellSize == 1 || bootstrap == null, "--cell is for nodes of the demo's own, not with --bootstrap");
        check(!isKilling || cellSize > 1, "--kill needs --cell: a single node has nobody to take over");
        return new DemoConfig(
                new FlowSource(inputs, seed, schedule(), seconds),
                bootstrap,
                metrics,
                data -> cellSize == 1
                        ? NodeLauncher.command(data, settings)
                        : NodeLauncher.cellCommand(data, cellSize, settings),
                directory == null
                        ? List.of(Path.of(System.getProperty("java.io.tmpdir")), Path.of("/var/tmp"), Path.of(""))
                        : List.of(directory),
                below -> SharedMemory.removeOfNodesBelow(below, SharedMemory.directory(settings)),
                cellSize,
                isKilling,
                report,
                "epona " + String.join(" ", spec.commandLine().getParseResult().originalArgs()));
    }

    private static boolean isWritable(final Path file) {
        final Path parent = file.toAbsolutePath().getParent();
        return parent != null && Files.isWritable(Files.exists(file) ? file : parent) && !Files.isDirectory(file);
    }

    private Schedule schedule() {
        if (pace == null) {
            return new Schedule.AtSpeed(inputs.isEmpty() ? DEFAULT_SYNTHETIC_SPEED : 1);
        }
        if (pace.rate != null) {
            check(pace.rate > 0 && pace.rate <= MAX_RATE, "--rate must be above 0, at most " + (long) MAX_RATE);
            return new Schedule.AtRate(pace.rate);
        }
        check(pace.speed > 0 && pace.speed <= MAX_RATE, "--speed must be above 0, at most " + (long) MAX_RATE);
        return new Schedule.AtSpeed(pace.speed);
    }

    private void check(final boolean condition, final String message) {
        if (!condition) {
            throw new ParameterException(spec.commandLine(), message);
        }
    }

    /**
     * Ctrl-C and SIGTERM: the demo stops sending, comes to its verdict and removes what it made; then the process ends
     * with the verdict's status.
     */
    private static final class Ending implements Runnable {
        private final Demo demo;
        private final CountDownLatch done = new CountDownLatch(1);
        private volatile int status = ExitStatus.NO_VERDICT;

        Ending(final Demo demo) {
            this.demo = demo;
        }

        int status(final int newStatus) {
            status = newStatus;
            return newStatus;
        }

        void done() {
            done.countDown();
        }

        @Override
        public void run() {
            if (done.getCount() == 0) {
                return;
            }
            demo.stop();
            try {
                if (!done.await(STOP_TIMEOUT_S, TimeUnit.SECONDS)) {
                    System.err.println("epona demo: did not come to an end within " + STOP_TIMEOUT_S + " s");
                }
            } catch (final InterruptedException ex) {
                Thread.currentThread().interrupt();
            }
            Runtime.getRuntime().halt(status);
        }
    }
}
