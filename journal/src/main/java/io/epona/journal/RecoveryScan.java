package io.epona.journal;

import io.epona.codec.FrameCheck;
import io.epona.codec.FrameHandler;

/**
 * The reading half of a recovery: walks the frames and decides between the end of the log, a torn tail and damage.
 * Changes nothing, so that tools use it too. Owned by one thread.
 */
final class RecoveryScan {
    private static final FrameHandler NO_HANDLER = (buffer, offset, frameLength, position) -> {};

    private final JournalConfig config;
    private final SegmentHeaders headers;
    private final RecoveryRules rules;
    private final SegmentWindow window;
    private final FrameWalk walk;
    private final TailEvidence evidence;

    RecoveryScan(
            final JournalConfig config,
            final SegmentStore store,
            final SegmentHeaders headers,
            final RecoveryRules rules) {
        this.config = config;
        this.headers = headers;
        this.rules = rules;
        this.window = new SegmentWindow(store, config.segmentLength(), config.blockLength());
        this.walk = new FrameWalk(config, headers, window, rules);
        this.evidence = new TailEvidence(config, window, walk);
    }

    /**
     * Returns when the log ends at {@link #tail()}, torn or not.
     *
     * @throws JournalCorruptException when bytes are bad that were durable.
     * @throws JournalRefusedException when a frame is of a newer version.
     */
    void scan(
            final long fromPosition,
            final long checkpointPosition,
            final FrameHandler handler,
            final boolean withPadding) {
        checkStart(fromPosition, checkpointPosition);
        walk.walk(fromPosition, handler, withPadding);
        final SegmentHeader header = header();
        if (null != header) {
            evidence.search(walk.position(), header);
        }
        refuseUnlessTorn(walk.position(), checkpointPosition);
        if (walk.leaderEpoch() < 0 && fromPosition > headers.markedPosition()) {
            refuseUnlessReached(fromPosition);
        }
    }

    /** Where the log seems to end right where the scan began, a frame must end there too, or the start was wrong. */
    private void refuseUnlessReached(final long fromPosition) {
        final SegmentHeader header = headers.of(config.segmentNumber(fromPosition - 1));
        if (null == header) {
            return;
        }
        final FrameWalk before = new FrameWalk(config, headers, window, rules);
        before.walk((fromPosition - 1) & -header.spanLength(), NO_HANDLER, true);
        if (before.position() >= fromPosition) {
            return;
        }
        final TailEvidence between = new TailEvidence(config, window, before);
        between.search(before.position(), header);
        if (between.lastEnd() < fromPosition) {
            throw new JournalCorruptException(
                    before.position(),
                    "the checkpoint is ahead of the log, or what lies before it is damaged: frames are needed from "
                            + fromPosition + ", last intact frame ends at " + before.position());
        }
    }

    private void checkStart(final long fromPosition, final long checkpointPosition) {
        if (fromPosition < 0 || checkpointPosition < fromPosition) {
            throw new IllegalArgumentException(
                    "fromPosition=" + fromPosition + ", checkpointPosition=" + checkpointPosition);
        }
        final long oldestPosition = headers.oldestPosition();
        if (fromPosition < oldestPosition) {
            throw new JournalCorruptException(
                    fromPosition,
                    "the frames that the newest intact checkpoint needs were recycled already, or there is no"
                            + " checkpoint: from=" + fromPosition + ", oldest in the journal=" + oldestPosition);
        }
        final long endPosition = (headers.newestNumber() + 1) * config.segmentLength();
        if (checkpointPosition > endPosition) {
            throw new JournalCorruptException(
                    endPosition,
                    "the checkpoint is ahead of all segment files, which are older: checkpoint=" + checkpointPosition
                            + ", end of the newest segment=" + endPosition);
        }
    }

    private void refuseUnlessTorn(final long tail, final long checkpointPosition) {
        if (walk.endCheck() == FrameCheck.BAD_VERSION || walk.endCheck() == FrameCheck.BAD_TYPE) {
            throw new JournalRefusedException(
                    "the journal holds a frame that this version does not know: " + place(tail) + ", found="
                            + walk.endCheck(),
                    "start the newer version that wrote it");
        }
        if (rules.isEvidence(tail, checkpointPosition)) {
            throw damaged(tail, "the checkpoint is of position " + checkpointPosition);
        }
        if (rules.isEvidence(tail, headers.markedPosition())) {
            throw damaged(tail, "a segment header says that all was durable below " + headers.markedPosition());
        }
        if (rules.isEvidence(tail, evidence.knownDurablePosition())) {
            throw damaged(
                    tail,
                    "the intact frame at " + evidence.witnessPosition() + " shows that all was durable below "
                            + evidence.knownDurablePosition());
        }
    }

    private JournalCorruptException damaged(final long position, final String why) {
        return new JournalCorruptException(
                position,
                "the journal is damaged where it was durable: " + place(position) + ", found=" + walk.endCheck() + ", "
                        + why);
    }

    private String place(final long position) {
        final long number = config.segmentNumber(position);
        return "lane=" + config.laneId() + ", position=" + position + ", fileIndex=" + config.fileIndex(number)
                + ", offset in file=" + config.fileOffset(position);
    }

    /** End of the log. */
    long tail() {
        return walk.position();
    }

    /** Header of the segment that the tail lies in; null when that was not entered yet. */
    SegmentHeader header() {
        return headers.of(config.segmentNumber(walk.position()));
    }

    FrameWalk walk() {
        return walk;
    }

    TailEvidence evidence() {
        return evidence;
    }
}
