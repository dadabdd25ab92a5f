package io.epona.journal;

import io.epona.codec.FrameCheck;

/**
 * The decisions of recovery that keep acknowledged bytes safe, apart from the code that carries them out. There is one
 * set of rules; the power-cut simulation replaces them one at a time by wrong ones to see that it notices.
 */
class RecoveryRules {
    static final RecoveryRules STRICT = new RecoveryRules();

    /** May these bytes be used as the frame of the position that was looked at? */
    boolean isFrame(final FrameCheck check) {
        return check == FrameCheck.VALID;
    }

    /** Does this show that bytes from the bad position on were durable, so that they are damaged and not torn? */
    boolean isEvidence(final long badPosition, final long knownDurablePosition) {
        return knownDurablePosition > badPosition;
    }

    /** Is this frame of a lower epoch than the one before it, so that it is left over from before a cut? */
    boolean isStale(final int leaderEpoch, final int lastEpoch) {
        return leaderEpoch < lastEpoch;
    }

    /** How far a replica's log is known to be committed, which is all that may be drained or applied after recovery. */
    long committedBound(final long knownCommittedPosition, final long tail) {
        return Math.min(knownCommittedPosition, tail);
    }

    /** Are the bytes behind a cut wiped, so that frames of the old end never come back behind newer ones? */
    boolean wipesBehindCut() {
        return true;
    }

    /** Does what was written before a cut count as durable behind it? */
    boolean countsOldGeneration() {
        return false;
    }

    /** Are the bytes behind the tail wiped, so that frames of a torn write never come to life? */
    boolean wipesBehindTail() {
        return true;
    }
}
