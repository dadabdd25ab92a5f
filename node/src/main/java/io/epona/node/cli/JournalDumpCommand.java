package io.epona.node.cli;

import io.epona.codec.FrameDescriptor;
import io.epona.codec.RecordBatchDescriptor;
import io.epona.journal.JournalException;
import io.epona.journal.JournalTool;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.agrona.DirectBuffer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code epona journal dump}: one line a frame. */
@Command(
        name = "dump",
        mixinStandardHelpOptions = true,
        description = "Prints one line for each frame of the journal. Changes nothing.")
public final class JournalDumpCommand implements Callable<Integer> {
    @Option(names = "--dir", description = "Data, journal or lane directory (default: ${DEFAULT-VALUE}).")
    private Path directory = Path.of("epona-data");

    @Option(names = "--from", description = "First position (default: the oldest that the journal has).")
    private long fromPosition = 0;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        try {
            for (final Path lane : LaneDirectories.below(directory)) {
                final PrintWriter out = spec.commandLine().getOut();
                out.println("# " + lane);
                final long end = JournalTool.dump(
                        lane, fromPosition, (buffer, offset, length, position) -> out.println(line(buffer, offset)));
                out.println("# end at position " + end);
                out.flush();
            }
            return 0;
        } catch (final JournalException | IOException ex) {
            spec.commandLine().getErr().println("epona journal dump: " + ex.getMessage());
            return 1;
        }
    }

    private static String line(final DirectBuffer buffer, final int offset) {
        final long sequencedNs = FrameDescriptor.sequencedTimeNs(buffer, offset);
        final StringBuilder line = new StringBuilder()
                .append("position=")
                .append(FrameDescriptor.position(buffer, offset))
                .append(" length=")
                .append(FrameDescriptor.frameLength(buffer, offset))
                .append(" epoch=")
                .append(FrameDescriptor.leaderEpoch(buffer, offset))
                .append(" at=")
                .append(Instant.ofEpochSecond(0, sequencedNs))
                .append(" type=");
        return switch (FrameDescriptor.type(buffer, offset)) {
            case FrameDescriptor.TYPE_RECORDS -> records(line, buffer, offset).toString();
            case FrameDescriptor.TYPE_EPOCH_START -> line.append("epoch-start").toString();
            case FrameDescriptor.TYPE_TRIM -> line.append("trim").toString();
            default -> line.append("padding").toString();
        };
    }

    private static StringBuilder records(final StringBuilder line, final DirectBuffer buffer, final int offset) {
        final int batch = offset + FrameDescriptor.PAYLOAD_OFFSET;
        final long waitedNs =
                FrameDescriptor.sequencedTimeNs(buffer, offset) - FrameDescriptor.ingressTimeNs(buffer, offset);
        line.append("records partition-index=")
                .append(FrameDescriptor.partitionIndex(buffer, offset))
                .append(" base-offset=")
                .append(FrameDescriptor.baseOffset(buffer, offset))
                .append(" count=")
                .append(FrameDescriptor.lastOffsetDelta(buffer, offset) + 1)
                .append(" waited-us=")
                .append(TimeUnit.NANOSECONDS.toMicros(waitedNs));
        if (RecordBatchDescriptor.producerId(buffer, batch) >= 0) {
            line.append(" producer-id=")
                    .append(RecordBatchDescriptor.producerId(buffer, batch))
                    .append(" producer-epoch=")
                    .append(RecordBatchDescriptor.producerEpoch(buffer, batch))
                    .append(" sequence=")
                    .append(RecordBatchDescriptor.baseSequence(buffer, batch));
        }
        return line;
    }
}
