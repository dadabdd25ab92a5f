package io.epona.journal;

import io.epona.codec.FrameCheck;
import io.epona.codec.FrameHandler;

/**
 * The reading half of a recovery: walks the frames and decides between the end of the log, a torn tail and damage.
 * Changes nothing, so that tools use it too. Owned by one thread.
 */
final class RecoveryScan {
    static final FrameHandler NO_HANDLER = (buffer, offset, frameLength, position) -> {};

    /** What it means that a later frame names a committed position beyond a bad one. */
    enum NamedEvidence {
        /** The bytes were durable here: the frame's writer knew what it named from this device. */
        PROOF,
        /** The frame's writer knew it from other nodes' devices: refuse, and say that it may be a torn write. */
        MAY_BE_TORN,
        /** This node is known not to have been in sync: nothing. */
        IGNORED
    }

    private final JournalConfig config;
    private final SegmentStore store;
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
        this.store = store;
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
            final boolean withPadding,
            final NamedEvidence namedEvidence) {
        checkStart(fromPosition, checkpointPosition);
        walk.walk(fromPosition, handler, withPadding);
        final SegmentHeader header = header();
        if (null != header) {
            evidence.search(walk.position(), header);
        }
        refuseUnlessTorn(checkpointPosition, namedEvidence);
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
        before.walk(Math.max(header.startPosition(), (fromPosition - 1) & -header.spanLength()), NO_HANDLER, true);
        if (before.position() >= fromPosition) {
            return;
        }
        final TailEvidence between = new TailEvidence(config, window, before);
        between.search(before.position(), header);
        if (between.lastEnd() < fromPosition) {
            throw corrupt(
                    before.position(),
                    true,
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
            throw corrupt(
                    fromPosition,
                    true,
                    "the journal begins behind what the newest intact checkpoint needs (segments were recycled since,"
                            + " or there is no checkpoint; when a damaged one was reported before this, restoring"
                            + " that file alone repairs it): needed from=" + fromPosition
                            + ", oldest in the journal=" + oldestPosition);
        }
        final long endPosition = (headers.newestNumber() + 1) * config.segmentLength();
        if (checkpointPosition > endPosition) {
            throw corrupt(
                    endPosition,
                    true,
                    "the checkpoint is ahead of all segment files, which are older: checkpoint=" + checkpointPosition
                            + ", end of the newest segment=" + endPosition);
        }
    }

    private void refuseUnlessTorn(final long checkpointPosition, final NamedEvidence namedEvidence) {
        final long tail = walk.position();
        if (walk.endCheck() == FrameCheck.BAD_VERSION || walk.endCheck() == FrameCheck.BAD_TYPE) {
            throw new JournalRefusedException(
                    "the journal holds a frame that this version does not know: "
                            + damage(tail, false, false).describe() + ", found=" + walk.endCheck(),
                    "start the newer version that wrote it");
        }
        if (rules.isEvidence(tail, checkpointPosition)) {
            throw damaged(checkpointPosition, false, "the checkpoint is of position " + checkpointPosition);
        }
        if (rules.isEvidence(tail, headers.markedPosition())) {
            throw damaged(
                    checkpointPosition,
                    false,
                    "a segment header says that all was durable below " + headers.markedPosition());
        }
        if (rules.isEvidence(tail, evidence.provenPosition())) {
            throw damaged(
                    checkpointPosition,
                    false,
                    "the intact frame at " + evidence.provenWitness() + " was written after it, by its distance");
        }
        if (namedEvidence != NamedEvidence.IGNORED && rules.isEvidence(tail, evidence.namedPosition())) {
            throw damaged(
                    checkpointPosition,
                    namedEvidence == NamedEvidence.MAY_BE_TORN,
                    "the intact frame at " + evidence.namedWitness() + " shows that all was durable below "
                            + evidence.namedPosition());
        }
    }

    private JournalCorruptException damaged(final long checkpointPosition, final boolean mayBeTorn, final String why) {
        final long tail = walk.position();
        final long committed =
                Math.max(checkpointPosition, Math.max(walk.committedPosition(), evidence.namedPosition()));
        return new JournalCorruptException(
                damage(tail, tail < committed, mayBeTorn),
                "the journal is damaged where it was durable: found=" + walk.endCheck() + ", " + why);
    }

    private JournalCorruptException corrupt(final long position, final boolean isBelowCommitted, final String problem) {
        return new JournalCorruptException(damage(position, isBelowCommitted, false), problem);
    }

    private JournalDamage damage(final long position, final boolean isBelowCommitted, final boolean mayBeTorn) {
        final int fileIndex = config.fileIndex(config.segmentNumber(position));
        return new JournalDamage(
                config.laneId(),
                store.fileName(fileIndex),
                config.fileOffset(position),
                position,
                isBelowCommitted,
                mayBeTorn);
    }

    /** How far this node knows the log to be committed, within the log. */
    long committedBound(final long checkpointPosition) {
        return rules.committedBound(Math.max(checkpointPosition, walk.committedPosition()), walk.position());
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

    SegmentWindow window() {
        return window;
    }
}
