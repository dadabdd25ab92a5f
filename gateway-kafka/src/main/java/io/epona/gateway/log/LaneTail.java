package io.epona.gateway.log;

import io.epona.codec.FrameDescriptor;
import io.epona.codec.FrameHandler;
import io.epona.codec.RecordBatchDescriptor;
import io.epona.journal.RingReader;
import io.epona.partitionlog.LogTransactions;
import io.epona.runtime.LaneRole;
import io.netty.buffer.ByteBuf;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.AtomicBuffer;

/**
 * Follows one lane's committed position frame by frame and forgets frames that the lane may overwrite. The frames in
 * memory are remembered twice: by partition in {@link PartitionTail}, and here in order of position with nothing but
 * the partition, so that forgetting costs the same for each frame whatever the number of partitions.
 *
 * <p>The lane does not wait for gateways, so one that was stopped for long can find the bytes that it wants to walk
 * overwritten. It then skips to the drained position ({@link #overruns()}): all that it skipped is in the partition
 * logs, because the lane does wait for those, and {@link FrameIndex} asks them for the high watermarks. From the same
 * position it starts: what was not drained when the node stopped is in the ring again.
 *
 * <p>It follows the lane in every role: a node that becomes leader knows its partitions' high watermarks already.
 *
 * <p>Gateway thread only.
 */
public final class LaneTail implements FrameHandler {
    /** Stands for an epoch that cannot be read any more. */
    static final int NO_EPOCH = -1;

    private static final int MIN_QUEUE_CAPACITY = 64;

    private final LaneView view;
    private final FrameIndex index;
    private final RingReader reader;
    private final AtomicBuffer ring;
    private final TransactionalBatch transaction = new TransactionalBatch();

    private int[] queue = new int[MIN_QUEUE_CAPACITY];
    private long queueHead;
    private long queueTail;
    private long position;
    private long lastCommitted;
    private long lastOldest;
    private long committedTimeNs;
    private long overruns;
    private long knownEpoch = LaneRole.NOT_LEADING;
    private boolean isKnownReady;
    private boolean isOverrun;
    private boolean isBehind;

    LaneTail(final LaneView view, final FrameIndex index) {
        this.view = view;
        this.index = index;
        this.reader = new RingReader(view.ring(), view.spanLength());
        this.ring = view.ring().buffer();
        this.position = drainedAndCommitted();
        this.lastCommitted = position;
    }

    /** Number of the lane. */
    public int laneId() {
        return view.laneId();
    }

    /** The lane as it was handed in. */
    public LaneView view() {
        return view;
    }

    /** The lane's committed position when it was last looked at; all frames below it are known here. */
    public long committed() {
        return lastCommitted;
    }

    /** Monotonic time at which the newest commit was seen. */
    public long committedTimeNs() {
        return committedTimeNs;
    }

    /** How often the lane had overwritten what was still to be walked. */
    public long overruns() {
        return overruns;
    }

    /** Whether this node leads the lane now, in that epoch. */
    public boolean leads(final int leaderEpoch) {
        return view.role().leadingEpoch().getAcquire() == leaderEpoch;
    }

    /**
     * Whether the partitions' high watermarks are at least all that clients have seen, of this leader or one before it:
     * what began this node's tenure is committed, and no overrun is left to be repaired. As of the last poll.
     */
    public boolean isComplete() {
        return !isBehind && isReady();
    }

    /** The high watermarks are known again, as far as they were missed in this many overruns. */
    public void onRepaired(final long repairedOverruns) {
        if (repairedOverruns == overruns) {
            isBehind = false;
            index.onRoleChanged(this);
        }
    }

    /**
     * Walks what was committed since the last call, forgets what may be overwritten, and looks at the lane's role.
     * Returns how much there was.
     */
    int poll(final long nowNs) {
        final long committed = view.counters().committed().getAcquire();
        final int count = committed == lastCommitted ? 0 : follow(committed, nowNs);
        // Also when nothing is committed: what was drained since can no more be read from the ring, and whoever still
        // looked for it here instead of in the partition logs would find nothing, for as long as nobody writes.
        evict();
        return count + followRole();
    }

    /** Those who wait for records hear that the node leads no more, or leads now, or has become complete. */
    private int followRole() {
        final long epoch = view.role().leadingEpoch().getAcquire();
        if (epoch == knownEpoch && (isKnownReady || epoch == LaneRole.NOT_LEADING || !isReady())) {
            return 0;
        }
        knownEpoch = epoch;
        isKnownReady = epoch != LaneRole.NOT_LEADING && isReady();
        index.onRoleChanged(this);
        return 1;
    }

    private boolean isReady() {
        return lastCommitted >= view.role().readyPosition().getAcquire();
    }

    private int follow(final long committed, final long nowNs) {
        lastCommitted = committed;
        committedTimeNs = nowNs;
        int count = position < committed ? walk(committed) : 0;
        if (isOverrun) {
            skipToDrained();
            count += walk(committed);
            if (isOverrun) {
                // The lane is faster still: the rest is for the next duty cycle.
                skipToDrained();
                lastCommitted = position;
            }
        }
        return Math.max(1, count);
    }

    private int walk(final long committed) {
        try {
            final int count = reader.read(position, committed, this, Integer.MAX_VALUE);
            position = reader.position();
            return count;
        } catch (final IllegalStateException ex) {
            if (isIntact(position)) {
                throw ex;
            }
            isOverrun = true;
            return 0;
        }
    }

    @Override
    public void onFrame(final DirectBuffer buffer, final int offset, final int frameLength, final long framePosition) {
        final byte type = FrameDescriptor.type(buffer, offset);
        final int partitionIndex = FrameDescriptor.partitionIndex(buffer, offset);
        final long baseOffset = FrameDescriptor.baseOffset(buffer, offset);
        final long lastOffset = FrameDescriptor.lastOffset(buffer, offset);
        final int payloadLength = FrameDescriptor.payloadLength(frameLength);
        final boolean isTransactional = type == FrameDescriptor.TYPE_RECORDS
                && transaction.read(buffer, offset + FrameDescriptor.PAYLOAD_OFFSET, payloadLength);
        if (isOverrun || !isIntact(framePosition)) {
            isOverrun = true;
            return;
        }
        if (type == FrameDescriptor.TYPE_RECORDS) {
            final PartitionTail tail = index.tailOf(partitionIndex, this);
            if (tail != null) {
                enqueue(partitionIndex);
                if (isTransactional) {
                    transaction.applyTo(tail.transactions(), baseOffset);
                }
                tail.onFrame(baseOffset, lastOffset + 1, framePosition, payloadLength);
            }
        } else if (type == FrameDescriptor.TYPE_TRIM) {
            index.onRecordsDeleted(partitionIndex, baseOffset);
        }
    }

    /**
     * Takes over what a partition's log knows of transactions at its end, and goes on from there with the frames in
     * memory.
     *
     * @return false when memory was overwritten meanwhile.
     */
    boolean resetTransactions(final PartitionTail tail, final LogTransactions known) {
        final PartitionTransactions transactions = tail.transactions();
        transactions.clearOpen();
        transactions.clearAborted();
        known.open().forEach(transactions::onData);
        for (final LogTransactions.Aborted one : known.aborted()) {
            transactions.onAborted(new AbortedTransaction(one.producerId(), one.firstOffset(), one.markerOffset()));
        }
        for (long frame = tail.firstFrame(); frame < tail.endFrame(); frame++) {
            if (tail.baseOffset(frame) >= known.endOffset()) {
                final int batch = view.ring().offset(tail.position(frame)) + FrameDescriptor.PAYLOAD_OFFSET;
                final boolean isTransactional = transaction.read(ring, batch, tail.payloadLength(frame));
                if (!isIntact(tail.position(frame))) {
                    return false;
                }
                if (isTransactional) {
                    transaction.applyTo(transactions, tail.baseOffset(frame));
                }
            }
        }
        tail.onTransactionsChanged();
        return true;
    }

    private boolean isIntact(final long framePosition) {
        return view.ring().isIntact(framePosition, view.counters());
    }

    /** Forgets frames that may be overwritten. */
    private void evict() {
        final long oldest = view.ring().oldestIntactPosition(view.counters());
        if (oldest == lastOldest) {
            return;
        }
        lastOldest = oldest;
        while (queueHead < queueTail) {
            final PartitionTail tail = index.existing(queue[(int) queueHead & (queue.length - 1)]);
            if (tail == null || !tail.hasFrames()) {
                queueHead++;
            } else if (tail.position(tail.firstFrame()) < oldest) {
                tail.evictFirst();
                queueHead++;
            } else {
                break;
            }
        }
        if (queue.length > MIN_QUEUE_CAPACITY && queueTail - queueHead <= queue.length / 8) {
            resizeQueue(queue.length / 2);
        }
    }

    private void skipToDrained() {
        overruns++;
        isOverrun = false;
        isBehind = true;
        while (queueHead < queueTail) {
            final PartitionTail tail = index.existing(queue[(int) queueHead++ & (queue.length - 1)]);
            if (tail != null) {
                tail.evictAll();
            }
        }
        position = drainedAndCommitted();
        index.onOverrun(this, position);
    }

    private long drainedAndCommitted() {
        final long drained = view.counters().drained().getAcquire();
        return Math.min(drained, view.counters().committed().getAcquire());
    }

    /**
     * Copies the payloads of frames {@code first} to {@code end} of a partition behind each other.
     *
     * @return false when they were overwritten meanwhile, and {@code target} holds rubbish.
     */
    boolean copy(final PartitionTail tail, final long first, final long end, final ByteBuf target) {
        for (long frame = first; frame < end; frame++) {
            final int length = tail.payloadLength(frame);
            final int source = view.ring().offset(tail.position(frame)) + FrameDescriptor.PAYLOAD_OFFSET;
            final int start = target.writerIndex();
            ring.getBytes(source, target.internalNioBuffer(start, length), length);
            target.writerIndex(start + length);
        }
        return isIntact(tail.position(first));
    }

    /** Largest timestamp of a frame's batch, ms; {@link Long#MIN_VALUE} when the frame is not in memory any more. */
    long maxTimestampMs(final PartitionTail tail, final long frame) {
        final int batch = view.ring().offset(tail.position(frame)) + FrameDescriptor.PAYLOAD_OFFSET;
        final long timestampMs = RecordBatchDescriptor.maxTimestamp(ring, batch);
        return isIntact(tail.position(frame)) ? timestampMs : Long.MIN_VALUE;
    }

    /** Leader epoch of a frame; {@link #NO_EPOCH} when the frame is not in memory any more. */
    int leaderEpoch(final PartitionTail tail, final long frame) {
        final int leaderEpoch = FrameDescriptor.leaderEpoch(ring, view.ring().offset(tail.position(frame)));
        return isIntact(tail.position(frame)) ? leaderEpoch : NO_EPOCH;
    }

    private void enqueue(final int partitionIndex) {
        if (queueTail - queueHead == queue.length) {
            resizeQueue(queue.length * 2);
        }
        queue[(int) queueTail++ & (queue.length - 1)] = partitionIndex;
    }

    private void resizeQueue(final int capacity) {
        final int[] resized = new int[capacity];
        for (long i = queueHead; i < queueTail; i++) {
            resized[(int) i & (capacity - 1)] = queue[(int) i & (queue.length - 1)];
        }
        queue = resized;
    }
}
