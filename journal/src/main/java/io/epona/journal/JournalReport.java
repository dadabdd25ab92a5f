package io.epona.journal;

import io.epona.codec.FrameCheck;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * What {@link JournalTool#verify} found in a lane's journal.
 *
 * @param directory of the lane.
 * @param laneId as the segment headers say.
 * @param segmentLength bytes of frames in a segment.
 * @param segments headers that are intact, by file.
 * @param oldestPosition where the first frame is that the journal still has.
 * @param endPosition where the log ends, or the bad frame is.
 * @param frameCount intact frames between, padding included.
 * @param recordsFrameCount those of them that carry records.
 * @param checkpointPosition of the newest intact checkpoint; -1 when there is none.
 * @param neededPosition where a start of the node would begin to read.
 * @param endCheck what was found at the end in place of a frame.
 * @param discardedCount intact frames behind a bad one; a start would cut them off if the verdict is TORN_TAIL.
 * @param verdict what it comes to.
 * @param explanation of the verdict, and of damage that was passed over; may be empty.
 */
public record JournalReport(
        Path directory,
        int laneId,
        long segmentLength,
        List<SegmentHeader> segments,
        long oldestPosition,
        long endPosition,
        long frameCount,
        long recordsFrameCount,
        long checkpointPosition,
        long neededPosition,
        FrameCheck endCheck,
        long discardedCount,
        Verdict verdict,
        String explanation) {

    /** What a journal is worth. */
    public enum Verdict {
        /** All frames are intact up to the end. The node starts. */
        INTACT,
        /** Intact up to a write that the crash tore and nobody was answered for. The node starts and cuts it off. */
        TORN_TAIL,
        /** Damaged, but only below what a start reads. The node starts; look at the device. */
        DAMAGED_BELOW_CHECKPOINT,
        /** Damaged where it was durable. The node refuses to start. */
        CORRUPT
    }

    /** True when the node would start from it. */
    public boolean isStartable() {
        return verdict != Verdict.CORRUPT;
    }

    /** The report as lines for an operator. */
    public String render() {
        final StringBuilder text = new StringBuilder();
        line(text, "directory", directory.toString());
        line(text, "lane", Integer.toString(laneId));
        for (final SegmentHeader segment : segments) {
            line(text, "segment file " + segment.segmentIndex(), describe(segment));
        }
        line(text, "checkpoint", checkpointPosition < 0 ? "none" : "position " + checkpointPosition);
        line(text, "a start reads from", Long.toString(neededPosition));
        line(text, "frames", frameCount + " (" + recordsFrameCount + " with records)");
        line(text, "positions", oldestPosition + " to " + endPosition);
        line(text, "found at the end", endCheck + (discardedCount > 0 ? ", " + discardedCount + " frames behind" : ""));
        line(text, "verdict", verdict.name().toLowerCase(Locale.ROOT).replace('_', ' '));
        if (!explanation.isEmpty()) {
            line(text, "explanation", explanation);
        }
        return text.toString();
    }

    private String describe(final SegmentHeader segment) {
        return segment.isUsed()
                ? "segment " + segment.segmentNumber() + ", positions " + segment.firstPosition() + " to "
                        + segment.endPosition() + ", durable at least to " + segment.durablePosition()
                : "never used";
    }

    private static void line(final StringBuilder text, final String name, final String value) {
        text.append(String.format(Locale.ROOT, "%-20s %s%n", name, value));
    }
}
