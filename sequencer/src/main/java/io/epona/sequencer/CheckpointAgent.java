package io.epona.sequencer;

import io.epona.journal.CheckpointStore;
import io.epona.journal.RingReader;
import io.epona.runtime.FatalHandler;
import io.epona.runtime.LaneCounters;
import io.epona.runtime.NodeClock;
import io.epona.runtime.Signal;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.IntPredicate;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.Agent;

/**
 * Keeps a second copy of a lane's state by following committed frames in the ring, and stores it as a checkpoint now
 * and then, so that neither the lane nor the journal ever waits for that. Publishes {@code checkpointApplied}: below it
 * the lane may overwrite the ring; and {@code checkpointed}: below it the journal may recycle segments, as the newest
 * checkpoint on the device has it.
 *
 * <p>Run by one thread; it blocks while it stores. It has to make progress as long as the lane runs, or the lane waits.
 * A checkpoint that could not be stored, or a log with a gap, ends it: the fatal handler hears why and
 * {@code checkpointed} stays.
 */
public final class CheckpointAgent implements Agent {
    private final LaneIdentity identity;
    private final CheckpointConfig config;
    private final LaneState shadow;
    private final ShadowHandOver handOver;
    private final LaneCounters counters;
    private final CheckpointStore store;
    private final NodeClock clock;
    private final IntPredicate partitionExists;
    private final Signal onProgress;
    private final FatalHandler fatalHandler;
    private final CheckpointContext.Meters meters;
    private final RingReader reader;
    private final int ringLength;
    private final ExpandableArrayBuffer buffer = new ExpandableArrayBuffer();
    private final ConcurrentLinkedQueue<CompletableFuture<CheckpointCopy>> copyRequests = new ConcurrentLinkedQueue<>();

    private long appliedPosition;
    private long shelvablePosition;
    private long storedPosition;
    private long storedShelvedPosition;
    private long lastChangeNs;
    private volatile boolean isFenced;
    private volatile boolean isCleanStop;
    private volatile boolean isClosed;

    /**
     * An agent at the end of the recovered log. Sets {@code checkpointed} to what the newest checkpoint has, whatever
     * it was before: nothing that this checkpoint needs may be recycled.
     *
     * @param context all that it works with.
     */
    public CheckpointAgent(final CheckpointContext context) {
        this.identity = context.identity();
        this.config = context.config();
        this.shadow = context.shadow();
        this.handOver = context.handOver();
        this.counters = context.counters();
        this.store = context.store();
        this.clock = context.clock();
        this.partitionExists = context.partitionExists();
        this.onProgress = context.onProgress();
        this.fatalHandler = context.fatalHandler();
        this.meters = context.meters();
        this.reader = new RingReader(context.ring(), context.spanLength());
        this.ringLength = context.ring().length();
        this.appliedPosition = counters.checkpointApplied().get();
        this.storedPosition = context.start().position();
        this.storedShelvedPosition = context.start().shelvedPosition();
        this.lastChangeNs = clock.nanoTime();
        counters.checkpointed().setRelease(storedShelvedPosition);
    }

    @Override
    public String roleName() {
        return "checkpoint-" + identity.laneId();
    }

    @Override
    public int doWork() {
        if (isFenced) {
            return 0;
        }
        try {
            final long nowNs = clock.nanoTime();
            return pollHandOver() + pollCopies() + pollCommitted(nowNs) + pollShelved(nowNs) + pollStore(nowNs);
        } catch (final RuntimeException ex) {
            fence(ex);
            return 0;
        }
    }

    private void fence(final RuntimeException reason) {
        isFenced = true;
        failCopies();
        fatalHandler.onFatal(roleName(), reason);
    }

    /**
     * Has a checkpoint made of the newest committed state, for another node. Any thread.
     *
     * @return completed on the agent's thread; exceptionally when the agent has ended.
     */
    public CompletableFuture<CheckpointCopy> requestCopy() {
        final CompletableFuture<CheckpointCopy> copy = new CompletableFuture<>();
        copyRequests.add(copy);
        if (isFenced || isClosed) {
            failCopies();
        }
        return copy;
    }

    private int pollCopies() {
        final CompletableFuture<CheckpointCopy> request = copyRequests.poll();
        if (null == request) {
            return 0;
        }
        shadow.retainPartitions(partitionExists);
        final long position = Math.min(appliedPosition, counters.committed().getAcquire());
        final int length = CheckpointCodec.encode(shadow, identity, position, position, false, buffer);
        final byte[] bytes = new byte[length];
        buffer.getBytes(0, bytes);
        request.complete(new CheckpointCopy(position, bytes));
        return 1;
    }

    private void failCopies() {
        for (CompletableFuture<CheckpointCopy> request = copyRequests.poll();
                null != request;
                request = copyRequests.poll()) {
            request.completeExceptionally(new IllegalStateException(roleName() + " has ended"));
        }
    }

    /** First in a duty cycle: a lane that becomes leader answers nobody until it has the state. */
    private int pollHandOver() {
        if (!handOver.isPending()) {
            return 0;
        }
        handOver.answer(shadow);
        return 1;
    }

    private int pollCommitted(final long nowNs) {
        final long committed = counters.committed().getAcquire();
        final long previous = appliedPosition;
        if (committed <= previous) {
            return 0;
        }
        final int frames = reader.read(previous, committed, shadow, LaneLimits.MAX_APPLIED_LENGTH_PER_CYCLE);
        appliedPosition = reader.position();
        counters.checkpointApplied().setRelease(appliedPosition);
        lastChangeNs = nowNs;
        // The lane waits for this position only when the ring is nearly full.
        if (counters.appended().getAcquire() - previous > ringLength / 2) {
            onProgress.signal();
        }
        return frames;
    }

    private int pollShelved(final long nowNs) {
        final long shelvable = Math.min(counters.shelved().getAcquire(), appliedPosition);
        if (shelvable == shelvablePosition) {
            return 0;
        }
        shelvablePosition = shelvable;
        lastChangeNs = nowNs;
        return 1;
    }

    private int pollStore(final long nowNs) {
        if (!isDue(nowNs)) {
            return 0;
        }
        store(false);
        return 1;
    }

    private boolean isDue(final long nowNs) {
        final boolean isLong = appliedPosition - storedPosition >= config.intervalLength()
                || shelvablePosition - storedShelvedPosition >= config.intervalLength();
        return isLong || hasChanges() && nowNs - lastChangeNs >= config.idleNs();
    }

    private boolean hasChanges() {
        return appliedPosition != storedPosition || shelvablePosition != storedShelvedPosition;
    }

    private void store(final boolean cleanShutdown) {
        shadow.retainPartitions(partitionExists);
        // What is skipped at a span's end is applied, but it is no frame that was made durable.
        final long position = Math.min(appliedPosition, counters.committed().getAcquire());
        final long shelvedPosition = Math.min(shelvablePosition, position);
        final int length = CheckpointCodec.encode(shadow, identity, position, shelvedPosition, cleanShutdown, buffer);
        store.store(buffer, length);
        storedPosition = appliedPosition;
        storedShelvedPosition = shelvablePosition;
        counters.checkpointed().setRelease(shelvedPosition);
        meters.checkpoints().incrementRelease();
        meters.length().setRelease(length);
        onProgress.signal();
    }

    /** True when the agent has ended because a checkpoint could not be stored or the log has a gap. */
    public boolean isFenced() {
        return isFenced;
    }

    /**
     * Says that lane and journal writer have ended and nothing will be appended any more, so that the checkpoint which
     * {@link #onClose} stores may say so, too. Any thread, before the agent is closed.
     */
    public void markCleanStop() {
        isCleanStop = true;
    }

    /** Stores what has changed; after a clean stop, that the log ends here. */
    @Override
    public void onClose() {
        isClosed = true;
        failCopies();
        if (isFenced) {
            return;
        }
        try {
            final long nowNs = clock.nanoTime();
            while (appliedPosition < counters.committed().getAcquire()) {
                pollCommitted(nowNs);
            }
            pollShelved(nowNs);
            final boolean isEnd = isCleanStop
                    && counters.appended().get() == counters.committed().get();
            if (isEnd || hasChanges()) {
                store(isEnd);
            }
        } catch (final RuntimeException ex) {
            fence(ex);
        }
    }
}
