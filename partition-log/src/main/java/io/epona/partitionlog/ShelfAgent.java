package io.epona.partitionlog;

import io.epona.codec.FrameHandler;
import io.epona.runtime.LaneCounters;
import java.io.IOException;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.Agent;
import org.apache.kafka.common.errors.KafkaStorageException;

/**
 * Moves one lane's committed frames from the log ring into partition logs and flushes these: publishes {@code drained}
 * (the ring may be overwritten below) and {@code shelved} (the journal may be recycled below).
 *
 * <p>Lazy on purpose ({@link DrainSchedule}): what is not drained is read from the ring and kept by the journal, so it
 * drains when that is worth it, when the ring needs the room, or when a reader asks ({@link #requestDrain()}). Appends
 * to many logs, and flushes, go in small, paced steps.
 *
 * <p>Before its thread starts, the thread that assembles the node hands it the journal's frames:
 * {@link #beginRecovery}, {@link #onFrame} for each, {@link #completeRecovery}. From then on everything but
 * {@link #requestDrain()} is for the agent's thread. A failed write or flush ends the agent: {@code shelved} stays
 * where it is, and nothing is tried again.
 */
public final class ShelfAgent implements Agent, FrameHandler {
    private final ShelfContext context;
    private final ShelfConfig config;
    private final LaneCounters counters;
    private final ShelfMark mark;
    private final DirtyLogs dirtyLogs = new DirtyLogs();
    private final FrameDrain drain;
    private final DrainSchedule schedule;
    private final DrainPass pass;
    private final FlushPace writeBackPace;
    private final FlushPace flushPace;
    private final String roleName;

    private ShelfRecovery recovery;
    private FlushRound round;
    private boolean mustFlushTogether;
    private long lastRoundNs;
    private boolean ended;
    private volatile boolean drainRequested;
    private volatile boolean shelveRequested;

    /** Assigns; touches no file. */
    public ShelfAgent(final ShelfContext context, final ShelfConfig config) {
        this.context = context;
        this.config = config;
        this.counters = context.counters();
        this.mark = context.logs().shelfMark(context.laneId(), context.ring().length());
        this.drain = new FrameDrain(context.logs(), dirtyLogs);
        this.schedule = new DrainSchedule(config);
        this.pass = new DrainPass(context, config, drain, mark);
        this.writeBackPace = new FlushPace(config.writeBackLengthPerSecond());
        this.flushPace = new FlushPace(config.flushesPerSecond());
        this.roleName = "shelf-" + context.laneId();
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

    /** Has everything that is drained flushed soon. Any thread. */
    public void requestShelve() {
        shelveRequested = true;
    }

    /**
     * The journal's frames follow, from the position on.
     *
     * @param fromPosition below it everything is flushed in partition logs: the checkpoint's shelved position
     * @return from where on the log ring must hold the journal's frames, because the partition logs do not;
     *     {@code Long.MAX_VALUE} when it need not hold any, and frames are drained as they come
     */
    public long beginRecovery(final long fromPosition) {
        try {
            recovery = new ShelfRecovery(context, drain, mark);
            return recovery.begin(fromPosition);
        } catch (final IOException e) {
            throw failure("cannot tell what partition logs hold", e);
        }
    }

    /**
     * Below it everything has been committed, as what an earlier run left shows: only committed frames are ever
     * drained. Between {@link #beginRecovery} and {@link #completeRecovery}.
     */
    public long knownCommitted() {
        return recovery.knownCommitted();
    }

    /** One frame of the journal, in order; the bytes are copied or written out before it returns. */
    @Override
    public void onFrame(final DirectBuffer buffer, final int offset, final int frameLength, final long position) {
        try {
            recovery.onFrame(buffer, offset, frameLength, position);
        } catch (final IOException | KafkaStorageException e) {
            throw failure("cannot drain the journal into partition logs", e);
        }
    }

    /**
     * That was the last frame. Sets {@code drained} to what the partition logs hold now, and {@code shelved} to where
     * recovery began: what was drained since then is flushed with the next round.
     *
     * @param tailPosition end of the journal; in a cell of several nodes, of what is committed
     * @param ringStart from where on the log ring holds the journal's frames
     * @throws PartitionLogException when a log holds more than the journal, or files fail
     */
    public void completeRecovery(final long tailPosition, final long ringStart) {
        try {
            mustFlushTogether = recovery.complete(tailPosition, ringStart);
            recovery = null;
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
        final long committed = counters.committed().getAcquire();
        final long waitingLength = committed - counters.drained().get();
        if (!pass.isUnderWay() && !isBegun(nowNs, committed, waitingLength)) {
            return 0;
        }
        final int work = pass.work(nowNs, waitingLength, drainRequested);
        if (!pass.isComplete()) {
            return work;
        }
        finishPass();
        return work + 1;
    }

    private boolean isBegun(final long nowNs, final long committed, final long waitingLength) throws IOException {
        final boolean isDue = schedule.isDue(nowNs, waitingLength);
        if (waitingLength == 0) {
            drainRequested = false;
        }
        if (!isDue && !drainRequested) {
            return false;
        }
        pass.look(counters.drained().get(), committed);
        if (pass.isSparse() && !drainRequested && !schedule.isPressing(nowNs, waitingLength)) {
            pass.putOff();
            schedule.putOff(waitingLength);
            return false;
        }
        pass.begin(nowNs);
        return true;
    }

    private void finishPass() throws IOException {
        counters.drained().setRelease(pass.finish());
        schedule.reset();
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
        final boolean isRequested = shelveRequested;
        shelveRequested = false;
        return unshelved > 0
                && (isRequested
                        || unshelved >= config.shelveLength()
                        || nowNs - lastRoundNs >= config.shelveIntervalMs() * 1_000_000L
                        || dirtyLogs.count() > context.logs().config().maxOpenLogs());
    }

    private void beginRound(final long nowNs) {
        beginRound();
        writeBackPace.reset(nowNs);
        flushPace.reset(nowNs);
    }

    private void beginRound() {
        beginRound(false);
    }

    private void beginRound(final boolean isAtOnce) {
        round = new FlushRound(
                context.logs(), counters.drained().get(), dirtyLogs.takeAll(), mustFlushTogether, isAtOnce);
        mustFlushTogether = false;
    }

    private void finishRound(final long nowNs) {
        counters.shelved().setRelease(round.targetPosition());
        round = null;
        lastRoundNs = nowNs;
    }

    /**
     * A clean stop: drains what can be drained within {@link ShelfConfig#closeMs()} and flushes what was drained,
     * without pacing. The rest the journal keeps, and the next start finds it there.
     */
    @Override
    public void onClose() {
        try {
            if (!ended) {
                drainUntil(context.clock().nanoTime() + config.closeMs() * 1_000_000L);
                settle();
                ended = true;
            }
            mark.close();
        } catch (final IOException | KafkaStorageException e) {
            end(failure("cannot write partition logs at the stop", e));
        } catch (final RuntimeException e) {
            end(e);
        }
    }

    private void drainUntil(final long deadlineNs) throws IOException {
        final long committed = counters.committed().getAcquire();
        while ((pass.isUnderWay() || committed > counters.drained().get())
                && context.clock().nanoTime() - deadlineNs < 0) {
            if (!pass.isUnderWay()) {
                pass.look(counters.drained().get(), committed);
                if (pass.endPosition() == counters.drained().get()) {
                    return;
                }
                pass.begin(context.clock().nanoTime());
            }
            pass.workUntil(deadlineNs);
            if (pass.isComplete()) {
                finishPass();
            }
        }
    }

    /** Flushes what was drained, unless that would take long: then the next start does. */
    private void settle() throws IOException {
        final int toFlush = dirtyLogs.count() + (round == null ? 0 : round.remainingCount());
        if (toFlush > PartitionLogLimits.MAX_SINGLE_FLUSHES
                && !context.logs().fileSystemFlush().isAdvisable()) {
            return;
        }
        flushAll();
        mark.settle(
                counters.drained().get(),
                drain.limit(
                        pass.isUnderWay()
                                ? pass.endPosition()
                                : counters.drained().get()));
    }

    private void flushAll() throws IOException {
        final long nowNs = context.clock().nanoTime();
        writeBackPace.update(nowNs, 1);
        flushPace.update(nowNs, 1);
        do {
            if (round == null) {
                beginRound(true);
            }
            do {
                round.step(writeBackPace, flushPace);
            } while (!round.isComplete());
            finishRound(nowNs);
        } while (dirtyLogs.count() > 0
                || counters.shelved().get() != counters.drained().get());
    }
}
