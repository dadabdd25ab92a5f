package io.epona.sequencer;

import io.epona.journal.RingReader;
import org.agrona.collections.IntHashSet;

/**
 * How a lane becomes leader: gets a copy of the state that the checkpoint agent keeps, applies the frames behind it,
 * which are all in the ring, and waits until the log has room for the frame that begins the epoch. Owned by the lane's
 * thread; it runs over several duty cycles.
 */
final class LanePromotion {
    private final LaneLog log;
    private final ShadowHandOver shadow;
    private final IntHashSet partitions;
    private final RingReader reader;
    private LaneState state;
    private long generation;
    private long position;
    private boolean isReplayed;

    LanePromotion(final LaneContext context, final LaneLog log, final IntHashSet partitions) {
        this.log = log;
        this.shadow = context.replication().shadow();
        this.partitions = partitions;
        this.reader = new RingReader(context.ring(), context.spanLength());
    }

    void begin() {
        state = null;
        isReplayed = false;
        generation = shadow.request();
    }

    /** Goes on; the work done. */
    int poll() {
        if (null == state) {
            state = shadow.take(generation);
            if (null == state) {
                return 0;
            }
            position = state.position();
        }
        return isReplayed ? 0 : replay();
    }

    private int replay() {
        final long end = log.end();
        reader.read(position, end, state, LaneLimits.MAX_APPLIED_LENGTH_PER_CYCLE);
        position = reader.position();
        if (position >= end) {
            isReplayed = true;
            // Deleting a partition leaves no frame, so replaying brings deleted ones back.
            state.retainPartitions(partitions::contains);
            partitions.forEachInt(state::openPartition);
        }
        return 1;
    }

    /** True when the state is that of all frames in the log, and the log has room for the begin of an epoch. */
    boolean isReady() {
        return isReplayed && log.appender().hasRoomForEpochStart(Long.MAX_VALUE);
    }

    /** Gives the state away; then the promotion is over. */
    LaneState takeState() {
        final LaneState taken = state;
        state = null;
        return taken;
    }
}
