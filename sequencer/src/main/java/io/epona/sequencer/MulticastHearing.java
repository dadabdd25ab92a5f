package io.epona.sequencer;

import io.epona.codec.FrameDescriptor;

/**
 * What a follower hears of what its leader sends to all followers at once. As long as each message there continues its
 * log, it needs no stream of its own, and tells the leader so; when one does not, it says that it has a gap, once: what
 * comes there until it has caught up on another stream does not continue its log either.
 *
 * <p>Owned by the lane's thread; allocates nothing.
 */
final class MulticastHearing {
    private static final long NOTHING_MISSED = -1;

    private final int spanLength;
    private final long silenceNs;
    private boolean isContinuous;
    private long missedPosition = NOTHING_MISSED;
    private long lastHeardNs;

    /**
     * @param spanLength of the lane.
     * @param silenceNs after which it is not counted on any more.
     */
    MulticastHearing(final int spanLength, final long silenceNs) {
        this.spanLength = spanLength;
        this.silenceNs = silenceNs;
    }

    /** What was heard before says nothing of what comes now. */
    void clear() {
        isContinuous = false;
        missedPosition = NOTHING_MISSED;
    }

    /** A message's frames are in the log up to their end. */
    void onTaken(final long nowNs) {
        isContinuous = true;
        lastHeardNs = nowNs;
    }

    /**
     * A message's frames do not continue the log, or were not taken.
     *
     * @param position of the first one.
     * @param endPosition of the last one.
     * @return true when that is news, which the leader must be told; false when so it was with the message before.
     */
    boolean onMissed(final long position, final long endPosition) {
        final boolean isNews = isContinuous
                || missedPosition == NOTHING_MISSED
                || framePosition(missedPosition) != framePosition(position);
        isContinuous = false;
        missedPosition = endPosition;
        return isNews;
    }

    private long framePosition(final long position) {
        return FrameDescriptor.framePosition(position, spanLength);
    }

    /** True while what comes there next will continue the log. */
    boolean hears(final long nowNs) {
        return isContinuous && nowNs - lastHeardNs < silenceNs;
    }
}
