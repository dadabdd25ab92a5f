package io.epona.partitionlog;

import io.epona.codec.FrameDescriptor;
import io.epona.codec.FrameHandler;
import io.epona.journal.RingReader;
import io.epona.runtime.LaneCounters;
import java.io.IOException;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.apache.kafka.common.errors.KafkaStorageException;

/**
 * Moves one lane's committed frames from the log ring into partition logs and flushes these: publishes {@code drained}
 * (the ring may be overwritten below) and {@code shelved} (the journal may be recycled below).
 *
 * <p>Lazy on purpose: the more frames wait, the more go into one append. It drains when enough bytes wait, or the
 * oldest has waited long enough, or a reader asks ({@link #requestDrain()}), and hurries when the lane would soon run
 * out of ring. Flushes go in small, paced steps.
 *
 * <p>Before its thread starts, the thread that assembles the node hands it the journal's frames:
 * {@link #beginRecovery}, {@link #onFrame} for each, {@link #completeRecovery}. From then on everything but
 * {@link #requestDrain()} is for the agent's thread. A failed write or flush ends the agent: {@code shelved} stays
 * where it is, and nothing is tried again.
 */
public final class ShelfAgent implements Agent, FrameHandler {
    private static final int MANY_PARTITIONS = 64;
    private static final int SMALL_GROUP_LENGTH = 4 * 1024;

    private final ShelfContext context;
    private final ShelfConfig config;
    private final LaneCounters counters;
    private final AtomicBuffer ring;
    private final RingReader reader;
    private final DirtyLogs dirtyLogs = new DirtyLogs();
    private final FrameDrain drain;
    private final FrameGroups groups = new FrameGroups();
    private final FrameHandler collector = this::collect;
    private final FlushPace writeBackPace;
    private final FlushPace flushPace;
    private final String roleName;

    private UnsafeBuffer staging;
    private int stagedLength;
    private long recoveryPosition;

    private boolean drains;
    private int nextGroup;
    private long drainStart;
    private long drainEnd;
    private boolean waits;
    private long waitingSinceNs;
    private long maxAgeNs;
    private FlushRound round;
    private boolean mustFlushTogether;
    private long lastRoundNs;
    private boolean ended;
    private volatile boolean drainRequested;

    /** Assigns; touches no file. */
    public ShelfAgent(final ShelfContext context, final ShelfConfig config) {
        this.context = context;
        this.config = config;
        this.counters = context.counters();
        this.ring = context.ring().buffer();
        this.reader = new RingReader(context.ring(), context.spanLength());
        this.drain = new FrameDrain(context.logs(), dirtyLogs);
        this.writeBackPace = new FlushPace(config.writeBackLengthPerSecond());
        this.flushPace = new FlushPace(config.flushesPerSecond());
        this.roleName = "shelf-" + context.laneId();
        this.maxAgeNs = config.maxAgeMs() * 1_000_000L;
        this.lastRoundNs = context.clock().nanoTime();
    }

    @Override
    public String roleName() {
        return roleName;
    }

    /** Has everything that is committed drained soon: for a reader that must search the logs. Any thread. */
    public void requestDrain() {
        drainRequested = true;
    }

    /**
     * The journal's frames follow, from the position on.
     *
     * @param fromPosition below it everything is flushed in partition logs: the checkpoint's shelved position
     */
    public void beginRecovery(final long fromPosition) {
        recoveryPosition = fromPosition;
        staging = new UnsafeBuffer(java.nio.ByteBuffer.allocateDirect(PartitionLogLimits.STAGING_LENGTH));
        stagedLength = 0;
        groups.clear();
        drain.beginRecovery(context.logs().mustRefill());
    }

    /** One frame of the journal, in order; the bytes are copied or written out before it returns. */
    @Override
    public void onFrame(final DirectBuffer buffer, final int offset, final int frameLength, final long position) {
        final byte type = FrameDescriptor.type(buffer, offset);
        if (type != FrameDescriptor.TYPE_RECORDS && type != FrameDescriptor.TYPE_TRIM) {
            return;
        }
        try {
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
        } catch (final IOException | KafkaStorageException e) {
            throw failure("cannot drain the journal into partition logs", e);
        }
    }

    private void drainStaged() throws IOException {
        for (int group = 0; group < groups.groupCount(); group++) {
            drain.drain(staging, groups, group);
        }
        groups.clear();
        stagedLength = 0;
    }

    /**
     * That was the last frame. Sets {@code drained} to the journal's end, and {@code shelved} to where recovery began:
     * what was drained again is flushed with the next round.
     *
     * @param tailPosition end of the journal
     * @throws PartitionLogException when a log holds more than the journal, or files fail
     */
    public void completeRecovery(final long tailPosition) {
        try {
            drainStaged();
            mustFlushTogether = drain.endRecovery();
            staging = null;
            counters.drained().setRelease(tailPosition);
            counters.shelved().setRelease(recoveryPosition);
            if (context.logs().mustRefill()) {
                flushAll();
            }
        } catch (final IOException | KafkaStorageException e) {
            throw failure("cannot drain the journal into partition logs", e);
        }
    }

    private PartitionLogException failure(final String what, final Exception cause) {
        context.logs().fail();
        return new PartitionLogException(
                what + ": lane=" + context.laneId() + ", log.dir="
                        + context.logs().directory() + ", drained="
                        + counters.drained().get() + ", shelved="
                        + counters.shelved().get()
                        + "; check the device and its free space, then start again: the journal holds what is missing",
                cause);
    }

    @Override
    public int doWork() {
        if (ended) {
            return 0;
        }
        try {
            final long nowNs = context.clock().nanoTime();
            return pollDrain(nowNs) + pollShelve(nowNs);
        } catch (final IOException | KafkaStorageException e) {
            end(failure("cannot write partition logs", e));
            return 0;
        } catch (final RuntimeException e) {
            end(e);
            return 0;
        }
    }

    private void end(final RuntimeException reason) {
        ended = true;
        context.logs().abandonOnClose();
        context.fatal().onFatal(roleName, reason);
    }

    private int pollDrain(final long nowNs) throws IOException {
        final long waiting =
                counters.committed().getAcquire() - counters.drained().get();
        if (!drains) {
            if (!isDue(nowNs, waiting)) {
                return 0;
            }
            collectWaiting();
        }
        final boolean hurries = waiting > context.ring().length() / 2;
        int work = 0;
        while (nextGroup < groups.groupCount()) {
            drain.drain(ring, groups, nextGroup++);
            work++;
            if (!hurries && context.clock().nanoTime() - nowNs > config.cycleNs()) {
                return work;
            }
        }
        finishDrain();
        return work + 1;
    }

    private boolean isDue(final long nowNs, final long waiting) {
        if (waiting == 0) {
            waits = false;
            drainRequested = false;
            return false;
        }
        if (!waits) {
            waits = true;
            waitingSinceNs = nowNs;
        }
        return waiting >= config.drainLength() || drainRequested || nowNs - waitingSinceNs >= maxAgeNs;
    }

    private void collectWaiting() {
        drainStart = counters.drained().get();
        final long committed = counters.committed().getAcquire();
        reader.read(drainStart, committed, collector, PartitionLogLimits.MAX_DRAIN_LENGTH);
        drainEnd = Math.min(reader.position(), committed);
        nextGroup = 0;
        drains = true;
        waits = false;
    }

    private void collect(final DirectBuffer buffer, final int offset, final int frameLength, final long position) {
        final byte type = FrameDescriptor.type(buffer, offset);
        if (type == FrameDescriptor.TYPE_RECORDS || type == FrameDescriptor.TYPE_TRIM) {
            groups.add(FrameDescriptor.partitionIndex(buffer, offset), offset);
        }
    }

    private void finishDrain() {
        adaptAge();
        groups.clear();
        drains = false;
        counters.drained().setRelease(drainEnd);
    }

    /** Many partitions with little each: wait longer next time, so that an append takes more of each. */
    private void adaptAge() {
        final int groupCount = groups.groupCount();
        if (groupCount > MANY_PARTITIONS && (drainEnd - drainStart) / groupCount < SMALL_GROUP_LENGTH) {
            maxAgeNs = Math.min(maxAgeNs * 2, config.maxAgeLimitMs() * 1_000_000L);
        } else {
            maxAgeNs = Math.max(maxAgeNs / 2, config.maxAgeMs() * 1_000_000L);
        }
    }

    private int pollShelve(final long nowNs) throws IOException {
        final long unshelved = counters.drained().get() - counters.shelved().get();
        if (round == null) {
            if (!isShelveDue(nowNs, unshelved)) {
                return 0;
            }
            beginRound(nowNs);
        }
        final double urgency = (double) unshelved / config.urgentLength();
        writeBackPace.update(nowNs, urgency);
        flushPace.update(nowNs, urgency);
        int work = 0;
        while (round.isAllowed(writeBackPace, flushPace) || round.isComplete()) {
            round.step(writeBackPace, flushPace);
            work++;
            if (round.isComplete()) {
                finishRound(nowNs);
                break;
            }
            if (context.clock().nanoTime() - nowNs > config.cycleNs()) {
                break;
            }
        }
        return work;
    }

    private boolean isShelveDue(final long nowNs, final long unshelved) {
        return unshelved > 0
                && (unshelved >= config.shelveLength()
                        || nowNs - lastRoundNs >= config.shelveIntervalMs() * 1_000_000L
                        || dirtyLogs.count() > context.logs().config().maxOpenLogs());
    }

    private void beginRound(final long nowNs) {
        beginRound();
        writeBackPace.reset(nowNs);
        flushPace.reset(nowNs);
    }

    private void beginRound() {
        round = new FlushRound(context.logs(), counters.drained().get(), dirtyLogs.takeAll(), mustFlushTogether);
        mustFlushTogether = false;
    }

    private void finishRound(final long nowNs) {
        counters.shelved().setRelease(round.targetPosition());
        round = null;
        lastRoundNs = nowNs;
    }

    /** Drains and flushes everything that is committed, without pacing: a clean stop. */
    @Override
    public void onClose() {
        if (ended) {
            return;
        }
        try {
            while (drains
                    || counters.committed().getAcquire() != counters.drained().get()) {
                final long before = counters.drained().get();
                if (!drains) {
                    collectWaiting();
                }
                while (nextGroup < groups.groupCount()) {
                    drain.drain(ring, groups, nextGroup++);
                }
                finishDrain();
                if (counters.drained().get() == before) {
                    break;
                }
            }
            flushAll();
            ended = true;
        } catch (final IOException | KafkaStorageException e) {
            end(failure("cannot write partition logs at the stop", e));
        } catch (final RuntimeException e) {
            end(e);
        }
    }

    private void flushAll() throws IOException {
        final long nowNs = context.clock().nanoTime();
        writeBackPace.update(nowNs, 1);
        flushPace.update(nowNs, 1);
        do {
            if (round == null) {
                beginRound();
            }
            do {
                round.step(writeBackPace, flushPace);
            } while (!round.isComplete());
            finishRound(nowNs);
        } while (counters.shelved().get() != counters.drained().get());
    }
}
