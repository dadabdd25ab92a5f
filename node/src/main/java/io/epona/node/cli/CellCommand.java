package io.epona.node.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code epona cell}: what concerns several nodes. */
@Command(
        name = "cell",
        mixinStandardHelpOptions = true,
        description = "Shows a cell of several nodes.",
        subcommands = CellStatusCommand.class)
public final class CellCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }
}
