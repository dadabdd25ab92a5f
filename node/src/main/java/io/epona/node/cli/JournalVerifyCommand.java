package io.epona.node.cli;

import io.epona.journal.JournalException;
import io.epona.journal.JournalReport;
import io.epona.journal.JournalTool;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code epona journal verify}: reads every frame and judges the journal as a start of the node would. */
@Command(
        name = "verify",
        mixinStandardHelpOptions = true,
        description = "Reads every frame and judges the journal as a start of the node would. Changes nothing.",
        exitCodeListHeading = "Exit status:%n",
        exitCodeList = {"0:sound, or a torn tail that a start cuts off", "1:corrupt, or cannot be read"})
public final class JournalVerifyCommand implements Callable<Integer> {
    @Option(names = "--dir", description = "Data, journal or lane directory (default: ${DEFAULT-VALUE}).")
    private Path directory = Path.of("epona-data");

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        boolean isSound = true;
        try {
            for (final Path lane : LaneDirectories.below(directory)) {
                final JournalReport report = JournalTool.verify(lane);
                spec.commandLine().getOut().println(report.render());
                isSound &= report.isStartable();
            }
        } catch (final JournalException | IOException ex) {
            spec.commandLine().getErr().println("epona journal verify: " + ex.getMessage());
            return 1;
        }
        return isSound ? 0 : 1;
    }
}
