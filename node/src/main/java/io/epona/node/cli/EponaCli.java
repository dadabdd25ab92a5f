package io.epona.node.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The {@code epona} command line: reads the command and its options, runs it, and ends the process with its status. */
@Command(
        name = "epona",
        description = "Low-latency, durable messaging appliance that speaks the Kafka protocol.",
        versionProvider = EponaCli.Version.class,
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Of the launcher itself:",
            "  build          Builds what is stale, and makes the start-up cache.",
            "  test           Runs all tests and checks; arguments go to Maven.",
            "  bench micro    Runs the JMH benchmarks; arguments go to JMH.",
            "  bench clients  Times groups and transactions of running systems; --help tells more.",
            "  bench cell     Measures a cell of three; --help tells more.",
            "  simulate       Simulates whole cells with faults, from seeds; --help tells more."
        },
        subcommands = {
            HelpCommand.class,
            DemoCommand.class,
            StartCommand.class,
            LatencyCommand.class,
            JournalCommand.class,
            CellCommand.class,
            VersionCommand.class
        })
public final class EponaCli implements Runnable {
    @Spec
    private CommandSpec spec;

    /** @param args command and options, as typed after {@code ./epona} */
    public static void main(final String[] args) {
        System.exit(new CommandLine(new EponaCli()).execute(args));
    }

    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }

    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            final String version = EponaCli.class.getPackage().getImplementationVersion();
            return new String[] {
                "epona " + (version == null ? "(not packaged)" : version) + ", Java " + Runtime.version()
            };
        }
    }
}
