package io.epona.gateway.log;

import io.epona.controller.ClusterImage;
import io.epona.controller.LaneInfo;
import io.epona.controller.PartitionChanges;
import io.epona.controller.PartitionInfo;
import io.epona.partitionlog.LogTransactions;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntToLongFunction;
import org.agrona.collections.Int2ObjectHashMap;

/**
 * The committed frames that are still in the lanes' rings, by partition and offset, and every partition's high
 * watermark. A partition costs nothing here until it is used. Gateway thread only; each gateway thread has its own.
 */
public final class FrameIndex {
    private final List<LaneTail> lanes;
    private final Int2ObjectHashMap<PartitionTail> tails = new Int2ObjectHashMap<>();
    private final IntToLongFunction initialHighWatermark;
    private final OverrunListener overrunListener;
    private ClusterImage image;
    private long readEndOffset;

    /** Hears that high watermarks of a lane are behind until the partition logs are asked. */
    @FunctionalInterface
    public interface OverrunListener {
        /**
         * Frames below the position were skipped.
         *
         * @param lane the lane.
         * @param position once it is drained, the partition logs know the high watermarks.
         */
        void onOverrun(LaneTail lane, long position);

        /**
         * It is committed that a partition's records below an offset are deleted.
         *
         * @param partitionIndex of the partition.
         * @param startOffset its first offset from now on.
         */
        default void onRecordsDeleted(final int partitionIndex, final long startOffset) {
            // for those that keep first offsets
        }
    }

    /**
     * An index of what the lanes have committed and not drained now.
     *
     * @param views the lanes, by lane id.
     * @param initialHighWatermark partition index to the offset after its last committed record now; 0 for partitions
     *     that it does not know.
     * @param transactions at the lanes' positions now.
     * @param image the cluster's metadata.
     * @param overrunListener told when this thread was too slow.
     */
    public FrameIndex(
            final List<LaneView> views,
            final IntToLongFunction initialHighWatermark,
            final InitialTransactions transactions,
            final ClusterImage image,
            final OverrunListener overrunListener) {
        this.initialHighWatermark = initialHighWatermark;
        this.image = image;
        this.overrunListener = overrunListener;
        final List<LaneTail> all = new ArrayList<>(views.size());
        for (final LaneView view : views) {
            all.add(new LaneTail(view, this));
        }
        this.lanes = List.copyOf(all);
        expect(transactions.ended());
        poll(0);
        // Only what the lanes' states know to be open is: nobody would end anything else.
        tails.values().forEach(PartitionTail::endInitialTransactions);
        begin(transactions.open());
    }

    private void expect(final List<InitialTransactions.Ended> ended) {
        for (final InitialTransactions.Ended one : ended) {
            final InitialTransactions.Begun begun = one.begun();
            final PartitionTail tail = tailOf(begun.partitionIndex(), lanes.get(begun.laneId()));
            if (tail != null) {
                tail.transactions().expectMarker(one.markerOffset(), begun.firstOffset());
            }
        }
    }

    private void begin(final List<InitialTransactions.Begun> begun) {
        for (final InitialTransactions.Begun one : begun) {
            final PartitionTail tail = tailOf(one.partitionIndex(), lanes.get(one.laneId()));
            if (tail != null) {
                tail.transactions().onData(one.producerId(), one.firstOffset());
            }
        }
    }

    /**
     * Learns what the partition's log knows of transactions, after frames were missed.
     *
     * @param known open ones, and aborted ones whose marker is not below {@link #firstOffsetInMemory}.
     * @return false when memory was overwritten meanwhile, so that it has to be asked again.
     */
    public boolean resetTransactions(final int partitionIndex, final int laneId, final LogTransactions known) {
        final LaneTail lane = lanes.get(laneId);
        final PartitionTail tail = known.open().isEmpty() ? existing(partitionIndex) : tailOf(partitionIndex, lane);
        return tail == null || lane.resetTransactions(tail, known);
    }

    /** Offset below which nothing of a partition is in memory, now and later. */
    public long firstOffsetInMemory(final int partitionIndex) {
        final PartitionTail tail = existing(partitionIndex);
        return tail == null ? Math.max(0, initialHighWatermark.applyAsLong(partitionIndex)) : tail.firstOffset();
    }

    /** The lanes, by lane id. */
    public List<LaneTail> lanes() {
        return lanes;
    }

    /** Walks what the lanes have committed. Returns the number of frames. */
    public int poll(final long nowNs) {
        int count = 0;
        for (int i = 0; i < lanes.size(); i++) {
            count += lanes.get(i).poll(nowNs);
        }
        return count;
    }

    /** The lane that carries a partition. */
    public LaneTail lane(final PartitionInfo partition) {
        return lanes.get(partition.laneId());
    }

    /** The tail of a partition that the present image has. */
    public PartitionTail tail(final PartitionInfo partition) {
        return tailOf(partition.partitionIndex(), lanes.get(partition.laneId()));
    }

    /** Takes the next image, in which some partitions of the one before may be gone. */
    public void onImage(final ClusterImage old, final ClusterImage now) {
        image = now;
        for (int laneId = 0; laneId < lanes.size(); laneId++) {
            if (isLedAnew(laneId, old, now)) {
                onRoleChanged(lanes.get(laneId));
            }
        }
        for (final PartitionInfo closed : PartitionChanges.between(old, now).closed()) {
            final PartitionTail tail = tails.remove(closed.partitionIndex());
            if (tail != null) {
                tail.onDeleted();
            }
        }
    }

    private static boolean isLedAnew(final int laneId, final ClusterImage old, final ClusterImage now) {
        if (laneId >= old.lanes().size() || laneId >= now.lanes().size()) {
            return false;
        }
        final LaneInfo before = old.lane(laneId);
        final LaneInfo after = now.lane(laneId);
        return before.leader() != after.leader() || before.leaderEpoch() != after.leaderEpoch();
    }

    /** Learns a high watermark from the partition's log. */
    public void raiseHighWatermark(final int partitionIndex, final int laneId, final long offset) {
        final PartitionTail tail = tailOf(partitionIndex, lanes.get(laneId));
        if (tail != null) {
            tail.raiseHighWatermark(offset);
        }
    }

    /**
     * Copies batches out of the ring.
     *
     * @param tail of the partition.
     * @param offset of the first record wanted.
     * @param limitOffset no record from there on: the high watermark or above, or the last stable offset.
     * @param maxLength bytes at most.
     * @param minOne the first batch comes even if it is longer.
     * @param allocator of the result.
     * @return whole batches, empty at the end of the log or when nothing fits; null when the offset is not in memory,
     *     so that it is for the partition's log. The caller owns it.
     */
    public ByteBuf read(
            final PartitionTail tail,
            final long offset,
            final long limitOffset,
            final int maxLength,
            final boolean minOne,
            final ByteBufAllocator allocator) {
        if (offset >= tail.highWatermark() || offset >= limitOffset) {
            return Unpooled.EMPTY_BUFFER;
        }
        if (offset < tail.firstOffset() || !tail.hasFrames()) {
            return null;
        }
        final long first = tail.frameOf(offset);
        final long limit = limitOffset >= tail.highWatermark() ? tail.endFrame() : tail.frameOf(limitOffset);
        long end = Math.min(limit, tail.endOfRun(first, maxLength));
        if (end == first) {
            if (!minOne) {
                return Unpooled.EMPTY_BUFFER;
            }
            end = first + 1;
        }
        final int length = (int) (tail.lengthBefore(end) - tail.lengthBefore(first));
        final ByteBuf target = allocator.directBuffer(length, length);
        if (tail.lane().copy(tail, first, end, target)) {
            readEndOffset = end == tail.endFrame() ? tail.highWatermark() : tail.baseOffset(end);
            return target;
        }
        target.release();
        return null;
    }

    /** Offset behind the last record of what {@link #read} gave last. */
    public long readEndOffset() {
        return readEndOffset;
    }

    /**
     * Base offset of the first batch in memory, from an offset on, whose largest timestamp is at least the given one;
     * -1 when there is none.
     */
    public long firstBatchSince(final PartitionTail tail, final long fromOffset, final long timestampMs) {
        for (long frame = startFrame(tail, fromOffset); frame < tail.endFrame(); frame++) {
            if (tail.lane().maxTimestampMs(tail, frame) >= timestampMs) {
                return tail.baseOffset(frame);
            }
        }
        return -1;
    }

    /** Base offset of the batch in memory after the one with the offset; the high watermark after the last. */
    public long batchAfter(final PartitionTail tail, final long offset) {
        final long following = startFrame(tail, offset) + 1;
        return following < tail.endFrame() ? tail.baseOffset(following) : tail.highWatermark();
    }

    /**
     * Base offset of the first batch in memory with the largest timestamp, from an offset on; -1 when there is none.
     */
    public long latestBatch(final PartitionTail tail, final long fromOffset) {
        long latest = -1;
        long maxTimestampMs = Long.MIN_VALUE;
        for (long frame = startFrame(tail, fromOffset); frame < tail.endFrame(); frame++) {
            final long timestampMs = tail.lane().maxTimestampMs(tail, frame);
            if (timestampMs > maxTimestampMs) {
                maxTimestampMs = timestampMs;
                latest = tail.baseOffset(frame);
            }
        }
        return latest;
    }

    /** Where an epoch ends, as far as memory tells. */
    public record EpochEnd(int leaderEpoch, long endOffset) {}

    /**
     * The first offset in memory, from an offset on, that belongs to a later epoch than the given one; the high
     * watermark when there is none. The epoch returned is that of the record before it, if that is in memory, else
     * {@code floorEpoch}.
     *
     * @param tail whose memory reaches down to {@code fromOffset}, or had nothing at all.
     * @param floorEpoch epoch of the record before {@code fromOffset}.
     * @return null when memory was overwritten meanwhile.
     */
    public EpochEnd endOfEpoch(
            final PartitionTail tail, final long fromOffset, final int leaderEpoch, final int floorEpoch) {
        final long first = startFrame(tail, fromOffset);
        long low = first;
        long high = tail.endFrame();
        while (low < high) {
            final long middle = (low + high) >>> 1;
            final int epoch = tail.lane().leaderEpoch(tail, middle);
            if (epoch == LaneTail.NO_EPOCH) {
                return null;
            }
            if (epoch > leaderEpoch) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        final int found = low > first ? tail.lane().leaderEpoch(tail, low - 1) : floorEpoch;
        if (low > first && found == LaneTail.NO_EPOCH) {
            return null;
        }
        return new EpochEnd(found, low == tail.endFrame() ? tail.highWatermark() : tail.baseOffset(low));
    }

    private static long startFrame(final PartitionTail tail, final long fromOffset) {
        if (!tail.hasFrames() || fromOffset >= tail.highWatermark()) {
            return tail.endFrame();
        }
        return fromOffset <= tail.firstOffset() ? tail.firstFrame() : tail.frameOf(fromOffset);
    }

    /** Number of partitions that something is known of. */
    public int size() {
        return tails.size();
    }

    PartitionTail existing(final int partitionIndex) {
        return tails.get(partitionIndex);
    }

    /** The tail of a partition; null when it was deleted. */
    PartitionTail tailOf(final int partitionIndex, final LaneTail lane) {
        PartitionTail tail = tails.get(partitionIndex);
        if (tail == null && !isDeleted(partitionIndex)) {
            tail = new PartitionTail(
                    partitionIndex, lane, Math.max(0, initialHighWatermark.applyAsLong(partitionIndex)));
            tails.put(partitionIndex, tail);
        }
        return tail;
    }

    /** A frame can be seen before the image that has its partition, but not the image before its deletion. */
    private boolean isDeleted(final int partitionIndex) {
        return partitionIndex < image.partitionIndexLimit() && image.partition(partitionIndex) == null;
    }

    /** Those who wait for records of the lane's partitions look again: it may be for somebody else to answer them. */
    void onRoleChanged(final LaneTail lane) {
        for (final PartitionTail tail : tails.values()) {
            if (tail.lane() == lane) {
                tail.onRoleChanged();
            }
        }
    }

    void onRecordsDeleted(final int partitionIndex, final long startOffset) {
        overrunListener.onRecordsDeleted(partitionIndex, startOffset);
    }

    void onOverrun(final LaneTail lane, final long position) {
        overrunListener.onOverrun(lane, position);
    }
}
