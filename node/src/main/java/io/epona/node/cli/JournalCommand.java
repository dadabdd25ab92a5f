package io.epona.node.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code epona journal}: looks at the journals of a stopped node. */
@Command(
        name = "journal",
        mixinStandardHelpOptions = true,
        description = "Looks at the journals of a stopped node.",
        subcommands = {JournalVerifyCommand.class, JournalDumpCommand.class})
public final class JournalCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }
}
