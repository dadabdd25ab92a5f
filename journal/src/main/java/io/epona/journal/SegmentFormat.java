package io.epona.journal;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/** The header block of segment files, for tools and for stores that make their own files. Stateless. */
public final class SegmentFormat {
    private SegmentFormat() {}

    /**
     * Writes the header block of a file that was never used.
     *
     * @param block of {@link JournalLimits#HEADER_BLOCK_LENGTH} bytes at least.
     * @param config of the journal.
     * @param fileIndex which file it is.
     * @param createdTimeMs ms since the Unix epoch.
     */
    public static void encodeNeverUsed(
            final MutableDirectBuffer block,
            final JournalConfig config,
            final int fileIndex,
            final long createdTimeMs) {
        final SegmentState state = new SegmentState();
        state.createdTimeMs = createdTimeMs;
        new SegmentHeaderCodec().encode(block, config, fileIndex, state);
    }

    /**
     * Reads a header block.
     *
     * @param block of {@link JournalLimits#HEADER_BLOCK_LENGTH} bytes at least.
     * @return the header, or null when it is not an intact one of this format.
     */
    public static SegmentHeader decode(final DirectBuffer block) {
        final SegmentHeaderCodec codec = new SegmentHeaderCodec();
        return codec.check(block) == SegmentHeaderCodec.Check.VALID ? codec.decode(block) : null;
    }
}
