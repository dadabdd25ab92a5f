package io.epona.node.cli;

import io.epona.controller.ClusterImage;
import io.epona.controller.MetadataLogException;
import io.epona.controller.OfflineMetadata;
import io.epona.journal.JournalException;
import io.epona.journal.JournalReport;
import io.epona.journal.JournalTool;
import io.epona.node.LogDirectoryView;
import io.epona.partitionlog.DrainedLogVerifier;
import io.epona.partitionlog.PartitionLogException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code epona journal verify}: reads every frame and judges the journal as a start of the node would, then compares
 * the frames with the partition logs, byte for byte.
 */
@Command(
        name = "verify",
        mixinStandardHelpOptions = true,
        description = "Reads every frame, judges the journal as a start of the node would, and compares it with the"
                + " partition logs. Changes nothing.",
        exitCodeListHeading = "Exit status:%n",
        exitCodeList = {
            "0:sound, or a torn tail that a start cuts off",
            "1:corrupt, unlike the partition logs, or cannot be read"
        })
public final class JournalVerifyCommand implements Callable<Integer> {
    @Option(names = "--dir", description = "Data, journal or lane directory (default: ${DEFAULT-VALUE}).")
    private Path directory = Path.of("epona-data");

    @Option(
            names = "--log-dir",
            paramLabel = "DIR",
            description = "Directory of the partition logs (default: logs in the data directory).")
    private Path logDirectory;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        boolean isSound = true;
        try {
            for (final Path lane : LaneDirectories.below(directory)) {
                final JournalReport report = JournalTool.verify(lane);
                spec.commandLine().getOut().println(report.render());
                isSound &= report.isStartable() && equalsPartitionLogs(lane);
            }
        } catch (final JournalException | PartitionLogException | MetadataLogException | IOException ex) {
            spec.commandLine().getErr().println("epona journal verify: " + ex.getMessage());
            return 1;
        }
        return isSound ? 0 : 1;
    }

    private boolean equalsPartitionLogs(final Path lane) throws IOException {
        final PrintWriter out = spec.commandLine().getOut();
        final Path data = LaneDirectories.dataDirectory(lane);
        final Path logs = logDirectory != null ? logDirectory : data.resolve("logs");
        final Optional<ClusterImage> image = OfflineMetadata.read(data.resolve("metadata"));
        if (image.isEmpty() || !Files.isDirectory(logs)) {
            out.println("  partition logs: not compared, because there is no metadata log in " + data
                    + " or no directory " + logs);
            return true;
        }
        try (DrainedLogVerifier verifier = new DrainedLogVerifier(logs, new LogDirectoryView(image::get))) {
            JournalTool.dump(lane, 0, verifier);
            out.printf(
                    "  partition logs: directory=%s, batches equal=%d, not drained yet=%d, deleted=%d,"
                            + " compacted=%d, different=%d%n",
                    logs,
                    verifier.equalCount(),
                    verifier.notDrainedCount(),
                    verifier.deletedCount(),
                    verifier.compactedCount(),
                    verifier.differenceCount());
            verifier.differences().forEach(difference -> out.println("    " + difference));
            return verifier.differenceCount() == 0;
        }
    }
}
