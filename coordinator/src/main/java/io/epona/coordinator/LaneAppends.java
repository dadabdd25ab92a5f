package io.epona.coordinator;

import io.epona.codec.lane.LaneReplyDecoder;
import io.epona.codec.lane.LaneResult;
import io.epona.runtime.NodeClock;
import io.epona.sequencer.AppendOrigin;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.MessageHandler;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.RingBuffer;

/**
 * How coordinators append to lanes. Any thread may call {@link #append}; the agent takes the lanes' replies and follows
 * their committed positions, on a thread that lanes wake (a gateway's). While nothing is in progress a duty cycle is
 * one read of memory.
 *
 * <p>A batch is committed when the lane's position has reached its end and the lane still leads in the epoch in which
 * it appended the batch: the position is read first and the epoch then ({@link io.epona.runtime.LaneRole} tells why).
 * Of batches of one lane the listeners hear in the order in which these were appended.
 */
public final class LaneAppends implements Agent, MessageHandler, AutoCloseable {
    private static final int REPLY_LENGTH = 64;

    private final List<CoordinatorLane> lanes;
    private final RingBuffer replies;
    private final NodeClock clock;
    private final int maxInFlight;
    private final LaneReplyDecoder reply = new LaneReplyDecoder();
    private final List<ArrayDeque<Pending>> uncommitted = new ArrayList<>();
    private final AtomicInteger openCount = new AtomicInteger();
    private final AtomicLong batches = new AtomicLong();
    private final AtomicLong refused = new AtomicLong();

    private final ReentrantLock lock = new ReentrantLock();
    private final Map<Long, Pending> inFlight = new HashMap<>();
    private final ArrayDeque<Pending> waiting = new ArrayDeque<>();
    private long nextCorrelationId;
    private boolean isClosed;

    /** Hears what became of a batch that was appended, once, on the agent's thread: it must return soon. */
    public interface CommitListener {
        /** The batch is committed. */
        void onCommitted(Appended appended);

        /** The node leads no more in the epoch in which the batch was appended: what becomes of it is open. */
        void onLeadershipLost();
    }

    /**
     * A batch to append.
     *
     * @param laneId of the partition.
     * @param partitionIndex of the partition.
     * @param leaderEpoch in which alone it may be appended.
     * @param minInSync fewest in-sync replicas with which it may be appended; 0: any number.
     * @param origin who appends, see {@link AppendOrigin}.
     */
    public record Target(int laneId, int partitionIndex, int leaderEpoch, int minInSync, long origin) {
        /** A coordinator's own batch. */
        public Target(final int laneId, final int partitionIndex, final int leaderEpoch, final int minInSync) {
            this(laneId, partitionIndex, leaderEpoch, minInSync, AppendOrigin.COORDINATOR);
        }
    }

    /**
     * A batch that the lane has appended, committed or not.
     *
     * @param baseOffset that its first record got.
     * @param endPosition of its frame.
     */
    public record Appended(long baseOffset, long endPosition) {}

    private static final class Pending {
        final Target target;
        final UnsafeBuffer batch;
        final CommitListener listener;
        final CompletableFuture<Appended> appended = new CompletableFuture<>();
        Appended place;

        Pending(final Target target, final UnsafeBuffer batch, final CommitListener listener) {
            this.target = target;
            this.batch = batch;
            this.listener = listener;
        }
    }

    /**
     * Nothing is in progress yet.
     *
     * @param lanes by lane id.
     * @param replies ring into which all lanes answer; read by the agent alone.
     * @param clock stamps batches.
     */
    public LaneAppends(final List<CoordinatorLane> lanes, final RingBuffer replies, final NodeClock clock) {
        this.lanes = List.copyOf(lanes);
        this.replies = replies;
        this.clock = clock;
        this.maxInFlight = replies.capacity() / REPLY_LENGTH - 1;
        if (maxInFlight < 1) {
            throw new IllegalArgumentException("reply ring too small: capacity=" + replies.capacity());
        }
        lanes.forEach(lane -> uncommitted.add(new ArrayDeque<>()));
    }

    /** The lanes, by lane id. */
    public List<CoordinatorLane> lanes() {
        return lanes;
    }

    /** Longest batch that a lane takes, bytes. */
    public int maxBatchLength(final int laneId) {
        return lanes.get(laneId).proxy().maxBatchLength();
    }

    /**
     * Appends one record batch, whole and with its checksum; the lane gives the offset. Batches of one thread for one
     * lane are appended in order. Any thread.
     *
     * @param target where to.
     * @param batch its bytes; they must not change before the result is there.
     * @param listener hears of the commit, if the batch is appended.
     * @return completed on the agent's thread when the lane has answered; exceptionally with
     *     {@link LaneRefusedException} when it was not appended. After {@link #close} it may be appended all the same.
     */
    public CompletableFuture<Appended> append(
            final Target target, final UnsafeBuffer batch, final CommitListener listener) {
        final Pending pending = new Pending(target, batch, listener);
        openCount.incrementAndGet();
        lock.lock();
        try {
            if (isClosed) {
                openCount.decrementAndGet();
                return CompletableFuture.failedFuture(new LaneRefusedException(LaneResult.FENCED));
            }
            if (!waiting.isEmpty() || !offer(pending)) {
                waiting.add(pending);
            }
        } finally {
            lock.unlock();
        }
        return pending.appended;
    }

    /** Under the lock. */
    private boolean offer(final Pending pending) {
        if (inFlight.size() >= maxInFlight) {
            return false;
        }
        final Target target = pending.target;
        final long correlationId = nextCorrelationId;
        // The lane may answer before this returns, but nobody takes the answer without the lock.
        final boolean isOffered = lanes.get(target.laneId())
                .proxy()
                .offerAppend(
                        correlationId,
                        target.partitionIndex(),
                        target.leaderEpoch(),
                        clock.epochNs(),
                        target.minInSync(),
                        target.origin(),
                        pending.batch,
                        0,
                        pending.batch.capacity());
        if (isOffered) {
            nextCorrelationId++;
            inFlight.put(correlationId, pending);
        }
        return isOffered;
    }

    @Override
    public int doWork() {
        if (openCount.get() == 0) {
            return 0;
        }
        int workCount = replies.read(this);
        for (int laneId = 0; laneId < lanes.size(); laneId++) {
            workCount += pollCommitted(lanes.get(laneId), uncommitted.get(laneId));
        }
        return workCount + pollWaiting();
    }

    private int pollWaiting() {
        int count = 0;
        lock.lock();
        try {
            while (!waiting.isEmpty() && offer(waiting.peek())) {
                waiting.poll();
                count++;
            }
        } finally {
            lock.unlock();
        }
        return count;
    }

    @Override
    public void onMessage(final int typeId, final MutableDirectBuffer buffer, final int offset, final int length) {
        reply.wrap(buffer, offset, LaneReplyDecoder.BLOCK_LENGTH, LaneReplyDecoder.SCHEMA_VERSION);
        final Pending pending;
        lock.lock();
        try {
            pending = inFlight.remove(reply.correlationId());
        } finally {
            lock.unlock();
        }
        if (pending == null) {
            // It was given up when the node began to stop.
            return;
        }
        final LaneResult result = reply.result();
        // A duplicate is in the log, or there is no need for it to be; it waits for what was appended before.
        if (result == LaneResult.OK || result == LaneResult.DUPLICATE) {
            batches.incrementAndGet();
            pending.place = new Appended(reply.baseOffset(), reply.endPosition());
            uncommitted.get(pending.target.laneId()).add(pending);
            pending.appended.complete(pending.place);
        } else {
            refused.incrementAndGet();
            openCount.decrementAndGet();
            pending.appended.completeExceptionally(new LaneRefusedException(result));
        }
    }

    private int pollCommitted(final CoordinatorLane lane, final ArrayDeque<Pending> queue) {
        Pending head = queue.peek();
        if (head == null) {
            return 0;
        }
        final long committed = lane.counters().committed().getAcquire();
        final long leadingEpoch = lane.role().leadingEpoch().getAcquire();
        int count = 0;
        while (head != null) {
            final boolean isLost = head.target.leaderEpoch() != leadingEpoch;
            if (!isLost && head.place.endPosition() > committed) {
                break;
            }
            queue.poll();
            openCount.decrementAndGet();
            count++;
            if (isLost) {
                head.listener.onLeadershipLost();
            } else {
                head.listener.onCommitted(head.place);
            }
            head = queue.peek();
        }
        return count;
    }

    /** Batches that lanes have appended. */
    public long batches() {
        return batches.get();
    }

    /** Batches that lanes have refused. */
    public long refused() {
        return refused.get();
    }

    /** Batches that wait for a lane's answer or for their commit. */
    public int openCount() {
        return openCount.get();
    }

    /** Takes nothing more; who waits for an answer is told that there will be none. Any thread. */
    @Override
    public void close() {
        final List<Pending> givenUp = new ArrayList<>();
        lock.lock();
        try {
            isClosed = true;
            givenUp.addAll(waiting);
            givenUp.addAll(inFlight.values());
            waiting.clear();
            inFlight.clear();
        } finally {
            lock.unlock();
        }
        for (final Pending pending : givenUp) {
            openCount.decrementAndGet();
            pending.appended.completeExceptionally(new LaneRefusedException(LaneResult.FENCED));
        }
    }

    @Override
    public String roleName() {
        return "coordinator-appends";
    }
}
