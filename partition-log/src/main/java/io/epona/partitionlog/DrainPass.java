package io.epona.partitionlog;

import io.epona.codec.FrameDescriptor;
import io.epona.codec.FrameHandler;
import io.epona.journal.RingReader;
import java.io.IOException;
import org.agrona.DirectBuffer;

/**
 * One drain of a part of the ring: its frames by partition, appended log by log, in small steps. When many partitions
 * have little each, steps are paced: opening and filling thousands of small files at once would make the journal's
 * writes wait for the file system that they share. Owned by one shelf agent; used again for each drain.
 */
final class DrainPass {
    private static final int MANY_PARTITIONS = 64;
    private static final int SMALL_GROUP_LENGTH = 4 * 1024;
    private static final double FULL = 7.0 / 8;

    private final ShelfContext context;
    private final ShelfConfig config;
    private final FrameDrain drain;
    private final ShelfMark mark;
    private final RingReader reader;
    private final FrameGroups groups = new FrameGroups();
    private final FrameHandler collector = this::collect;
    private final FlushPace pace;

    private long startPosition;
    private long endPosition;
    private long heldPosition;
    private int announcedLimit;
    private int nextGroup;
    private boolean isSparse;
    private boolean isUnderWay;

    DrainPass(final ShelfContext context, final ShelfConfig config, final FrameDrain drain, final ShelfMark mark) {
        this.context = context;
        this.config = config;
        this.drain = drain;
        this.mark = mark;
        this.reader = new RingReader(context.ring(), context.spanLength());
        this.pace = new FlushPace(config.drainsPerSecond());
    }

    /**
     * Finds out what there is to drain; decides nothing. It ends before the first frame of a partition that this node's
     * metadata do not have yet.
     */
    void look(final long drained, final long committed) {
        groups.clear();
        startPosition = drained;
        heldPosition = Long.MAX_VALUE;
        announcedLimit = context.logs().announcedLimit();
        read(drained, committed, PartitionLogLimits.MAX_DRAIN_LENGTH);
        isSparse = isThin();
        if (isSparse && endPosition < Math.min(committed, heldPosition)) {
            final long more = config.latestDrainLength() - (endPosition - startPosition);
            if (more > 0) {
                read(endPosition, committed, (int) Math.min(more, Integer.MAX_VALUE));
            }
        }
    }

    private void read(final long from, final long committed, final int maxLength) {
        reader.read(from, committed, collector, maxLength);
        endPosition = Math.min(Math.min(reader.position(), committed), heldPosition);
    }

    private void collect(final DirectBuffer buffer, final int offset, final int frameLength, final long position) {
        final byte type = FrameDescriptor.type(buffer, offset);
        if (heldPosition < position || type != FrameDescriptor.TYPE_RECORDS && type != FrameDescriptor.TYPE_TRIM) {
            return;
        }
        final int partitionIndex = FrameDescriptor.partitionIndex(buffer, offset);
        if (partitionIndex >= announcedLimit) {
            heldPosition = position;
        } else {
            groups.add(partitionIndex, offset);
        }
    }

    private boolean isThin() {
        final int count = groups.groupCount();
        return count > MANY_PARTITIONS && (endPosition - startPosition) / count < SMALL_GROUP_LENGTH;
    }

    /** Whether what was found is little for each of many partitions. */
    boolean isSparse() {
        return isSparse;
    }

    /** Leaves what was found for later. */
    void putOff() {
        groups.clear();
    }

    /** Begins to drain what was found. */
    void begin(final long nowNs) throws IOException {
        mark.note(startPosition, drain.limit(endPosition));
        nextGroup = 0;
        isUnderWay = true;
        pace.reset(nowNs);
    }

    boolean isUnderWay() {
        return isUnderWay;
    }

    /** End of what is being drained. */
    long endPosition() {
        return endPosition;
    }

    /**
     * Goes on for one duty cycle.
     *
     * @param waitingLength bytes in the ring that are committed and not drained
     * @param hurries whether not to pace
     * @return logs appended to
     */
    int work(final long nowNs, final long waitingLength, final boolean hurries) throws IOException {
        final double urgency = hurries ? 1 : waitingLength / (2 * FULL * config.latestDrainLength());
        if (isSparse) {
            pace.update(nowNs, urgency);
        }
        final boolean isPressed = isSparse
                ? urgency >= 1
                : hurries || waitingLength > context.ring().length() / 2;
        int work = 0;
        while (nextGroup < groups.groupCount() && (!isSparse || pace.allows())) {
            drainNext();
            work++;
            if (!isPressed && context.clock().nanoTime() - nowNs > config.cycleNs()) {
                break;
            }
        }
        return work;
    }

    /** Goes on until it is complete or it is too late. */
    void workUntil(final long deadlineNs) throws IOException {
        while (nextGroup < groups.groupCount() && context.clock().nanoTime() - deadlineNs < 0) {
            drainNext();
        }
    }

    private void drainNext() throws IOException {
        if (isSparse) {
            final boolean isOpen = context.logs().isOpen(groups.partitionIndex(nextGroup));
            pace.use(isOpen ? 1 : PartitionLogLimits.OPEN_COST);
        }
        drain.drain(context.ring().buffer(), groups, nextGroup++);
    }

    boolean isComplete() {
        return nextGroup == groups.groupCount();
    }

    /**
     * All is drained that was found.
     *
     * @return the drained position now
     */
    long finish() throws IOException {
        isUnderWay = false;
        groups.clear();
        mark.note(endPosition, drain.limit(endPosition));
        return endPosition;
    }
}
