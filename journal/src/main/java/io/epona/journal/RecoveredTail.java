package io.epona.journal;

import io.epona.codec.FrameCheck;

/**
 * What recovery found.
 *
 * @param position end of the log: where the lane goes on, and what {@code appended} and {@code durable} start from.
 * @param committedBound how far this node knows the log to be committed, at most the position: what {@code committed}
 *     and all that follows it start from in a cell. A cell of one has committed all that is durable.
 * @param oldestPosition first position that is still in the journal.
 * @param frameCount frames that were handed to the handlers.
 * @param leaderEpoch of the last frame that was read, or -1 when none was.
 * @param endCheck what was found in place of a frame at the end of the log.
 * @param discardedFrameCount intact frames behind a bad one, of a write that was torn and never acknowledged; they are
 *     wiped.
 * @param wipedLength bytes behind the tail that were overwritten with zeros.
 * @param ringStart the ring holds the log from here to its end.
 */
public record RecoveredTail(
        long position,
        long committedBound,
        long oldestPosition,
        long frameCount,
        int leaderEpoch,
        FrameCheck endCheck,
        long discardedFrameCount,
        long wipedLength,
        long ringStart) {}
