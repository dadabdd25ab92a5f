package io.epona.partitionlog;

import io.epona.codec.FrameDescriptor;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * What a shelf agent does with the journal's frames when the node starts. Where the lane's {@link ShelfMark} tells what
 * the partition logs hold, nothing: frames that are not in them are loaded into the ring and are drained when it is
 * time. Otherwise all frames are drained before the node serves, and no log may be found to hold more than the journal.
 * Used once, by the thread that assembles the node.
 */
final class ShelfRecovery {
    private final ShelfContext context;
    private final FrameDrain drain;
    private final ShelfMark mark;
    private final FrameGroups groups = new FrameGroups();

    private UnsafeBuffer staging;
    private int stagedLength;
    private long fromPosition;
    private long drained;
    private long drainLimit = Long.MAX_VALUE;
    private boolean isMarkGood;
    private boolean isSettled;
    private boolean drainsNow = true;

    ShelfRecovery(final ShelfContext context, final FrameDrain drain, final ShelfMark mark) {
        this.context = context;
        this.drain = drain;
        this.mark = mark;
    }

    /**
     * The journal's frames follow, from the position on.
     *
     * @return from where on frames must be in the ring at the end; {@code Long.MAX_VALUE} when none need be
     */
    long begin(final long shelvedPosition) throws IOException {
        fromPosition = shelvedPosition;
        drained = shelvedPosition;
        final ShelfMark.State left = mark.load();
        if (left != null && isGood(left)) {
            isMarkGood = true;
            isSettled = left.isSettled();
            drained = left.drained();
            drainLimit = left.drainLimit();
            drainsNow = left.ringLength() != context.ring().length() || drainLimit == Long.MAX_VALUE;
        }
        if (drainsNow) {
            mark.note(drained, Long.MAX_VALUE);
            staging = new UnsafeBuffer(ByteBuffer.allocateDirect(PartitionLogLimits.STAGING_LENGTH));
            drain.beginRecovery(context.logs().mustRefill());
        }
        return drainsNow ? Long.MAX_VALUE : drained;
    }

    /** What was drained and not flushed is in the page cache as long as the machine runs; flushed, also after that. */
    private boolean isGood(final ShelfMark.State left) {
        if (context.logs().mustRefill() || left.drained() < fromPosition) {
            return false;
        }
        return left.isSameBoot()
                ? left.isSettled() || context.logs().fileSystemFlush().isAvailable()
                : left.isSettled() && left.drained() == fromPosition;
    }

    /** Below it everything has been committed, as far as is known here. */
    long knownCommitted() {
        return isMarkGood && drainLimit != Long.MAX_VALUE ? drainLimit : drained;
    }

    /** One frame of the journal, in order; the bytes are copied or written out before it returns. */
    void onFrame(final DirectBuffer buffer, final int offset, final int frameLength, final long position)
            throws IOException {
        final byte type = FrameDescriptor.type(buffer, offset);
        if (!drainsNow
                || position < drained
                || type != FrameDescriptor.TYPE_RECORDS && type != FrameDescriptor.TYPE_TRIM) {
            return;
        }
        final int alignedLength = FrameDescriptor.alignedLength(frameLength);
        if (stagedLength + alignedLength > staging.capacity()) {
            drainStaged();
        }
        if (alignedLength > staging.capacity()) {
            groups.add(FrameDescriptor.partitionIndex(buffer, offset), offset);
            drain.drain(buffer, groups, 0);
            groups.clear();
            return;
        }
        staging.putBytes(stagedLength, buffer, offset, frameLength);
        groups.add(FrameDescriptor.partitionIndex(buffer, offset), stagedLength);
        stagedLength += alignedLength;
    }

    private void drainStaged() throws IOException {
        for (int group = 0; group < groups.groupCount(); group++) {
            drain.drain(staging, groups, group);
        }
        groups.clear();
        stagedLength = 0;
    }

    /**
     * That was the last frame.
     *
     * @param tailPosition end of what is committed
     * @param ringStart from where on the ring holds the log
     * @return whether logs that are not open hold what no flush may have covered
     */
    boolean complete(final long tailPosition, final long ringStart) throws IOException {
        final boolean hasUnflushed;
        if (drainsNow) {
            drainStaged();
            hasUnflushed = drain.endRecovery() || drained > fromPosition && !isSettled;
            mark.note(tailPosition, tailPosition);
            drained = tailPosition;
        } else {
            checkNotAhead(tailPosition);
            if (ringStart > drained) {
                throw new IllegalStateException("frames that are not drained are not in the ring: lane="
                        + context.laneId() + ", drained=" + drained + ", ringStart=" + ringStart);
            }
            drain.mayHoldBelow(drainLimit);
            hasUnflushed = drainLimit > fromPosition && !isSettled;
        }
        context.counters().drained().setRelease(drained);
        context.counters().shelved().setRelease(fromPosition);
        return hasUnflushed;
    }

    private void checkNotAhead(final long tailPosition) {
        if (drainLimit > tailPosition) {
            throw new PartitionLogException("partition logs are ahead of the journal: lane=" + context.laneId()
                    + ", log.dir=" + context.logs().directory() + ", drained=" + drained + " to " + drainLimit
                    + ", end of the journal=" + tailPosition + ", known from=" + mark.file()
                    + "; the journal has lost acknowledged records (an older copy, another device?): restore the"
                    + " journal that belongs to these logs, or move the logs' directory away to lose what only it"
                    + " has");
        }
    }
}
