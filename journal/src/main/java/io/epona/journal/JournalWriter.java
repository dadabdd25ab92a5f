package io.epona.journal;

import io.epona.codec.FrameDescriptor;
import io.epona.runtime.FatalHandler;
import io.epona.runtime.LaneCounters;
import io.epona.runtime.Signal;
import io.epona.runtime.budget.Stage;
import io.epona.runtime.budget.StageRecorder;
import org.agrona.BitUtil;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.status.AtomicCounter;

/**
 * Writes a lane's log ring to its journal: whatever waits, in one blocking device write a duty cycle, whole blocks
 * straight from the ring, bounded by the longest write and by the ends of ring and segment. Publishes {@code durable},
 * always at the end of a frame, and raises a signal. Allocates nothing.
 *
 * <p>Run by one thread. Separate from the lane because it blocks in the device. The first failed or short write, or
 * broken invariant, fences it for ever: {@code durable} never advances again, the fatal handler hears why, and no write
 * is tried twice, because after a failure nobody knows what the device holds.
 *
 * <p>When nothing was written for a while, and when it is closed, it notes in the segment's header how far the log is
 * durable, so that damage to the last frames is not taken for a torn write.
 *
 * <p>A cut that the lane has asked for ({@link JournalTruncation}) comes before any write. A write that was under way
 * when the lane asked makes nothing durable any more.
 */
public final class JournalWriter implements Agent {
    /** What a writer works with. */
    record Context(
            JournalConfig config,
            SegmentStore store,
            LogRing ring,
            SegmentHeaders headers,
            JournalBounds bounds,
            JournalTruncation truncation,
            RecoveryRules rules,
            LaneCounters counters,
            StageRecorder recorder,
            Signal onDurable,
            FatalHandler fatalHandler,
            NanoClock clock) {}

    private final JournalConfig config;
    private final SegmentStore store;
    private final SegmentHeaders headers;
    private final JournalBounds bounds;
    private final JournalTruncation truncation;
    private final RecoveryRules rules;
    private final JournalCut cut;
    private final UnsafeBuffer buffer;
    private final int ringLength;
    private final int ringMask;
    private final int spanLength;
    private final int blockLength;
    private final int maxWriteLength;
    private final int segmentShift;
    private final AtomicCounter appended;
    private final AtomicCounter durable;
    private final AtomicCounter checkpointed;
    private final StageRecorder recorder;
    private final Signal onDurable;
    private final FatalHandler fatalHandler;
    private final NanoClock clock;
    private final String roleName;

    private long writtenPosition;
    private long durablePosition;
    private long enteredSegment;
    private long lastWriteNs;
    private long writeCount;
    private volatile boolean isFenced;

    JournalWriter(final Context context, final long tailPosition) {
        this.config = context.config;
        this.store = context.store;
        this.headers = context.headers;
        this.bounds = context.bounds;
        this.truncation = context.truncation;
        this.rules = context.rules;
        this.cut = new JournalCut(
                context.config, context.store, context.headers, context.ring, context.bounds, context.rules);
        this.buffer = new UnsafeBuffer(context.ring.buffer());
        this.ringLength = context.ring.length();
        this.ringMask = context.ring.mask();
        this.spanLength = context.ring.spanLength(config.segmentLength());
        this.blockLength = config.blockLength();
        this.maxWriteLength = config.maxWriteLength();
        this.segmentShift = Long.numberOfTrailingZeros(config.segmentLength());
        this.appended = context.counters.appended();
        this.durable = context.counters.durable();
        this.checkpointed = context.counters.checkpointed();
        this.recorder = context.recorder;
        this.onDurable = context.onDurable;
        this.fatalHandler = context.fatalHandler;
        this.clock = context.clock;
        this.roleName = "journal-" + config.laneId();
        this.writtenPosition = tailPosition;
        this.durablePosition = tailPosition;
        this.enteredSegment = headers.newestNumber();
        durable.setRelease(tailPosition);
    }

    @Override
    public int doWork() {
        if (isFenced) {
            return 0;
        }
        try {
            if (truncation.isHeld()) {
                return truncation.isPending() ? truncate() : 0;
            }
            final long limit = appended.getAcquire();
            return limit > writtenPosition ? advance(limit) : markWhenIdle();
        } catch (final Throwable ex) {
            fence(ex);
            return 0;
        }
    }

    private int advance(final long appendedPosition) {
        checkRing(appendedPosition);
        final long position = startOfNext();
        final long segmentNumber = position >> segmentShift;
        if (segmentNumber != enteredSegment) {
            enter(segmentNumber);
        } else {
            write(position, appendedPosition);
        }
        return 1;
    }

    /** Behind the last whole frame of a span nothing is written when no header fits there. */
    private long startOfNext() {
        if (writtenPosition == durablePosition) {
            writtenPosition = FrameDescriptor.framePosition(writtenPosition, spanLength);
            durablePosition = writtenPosition;
        }
        return writtenPosition;
    }

    private void write(final long position, final long appendedPosition) {
        final long start = position & -blockLength;
        final long spanEnd = position + FrameDescriptor.remainingInSpan(position, spanLength);
        final long end = Math.min(appendedPosition, Math.min(start + maxWriteLength, spanEnd));
        final int length = BitUtil.align((int) (end - start), blockLength);
        final int fileIndex = config.fileIndex(enteredSegment);

        final long startNs = clock.nanoTime();
        store.write(fileIndex, config.fileOffset(start), buffer, (int) start & ringMask, length);
        final long endNs = clock.nanoTime();

        lastWriteNs = endNs;
        writeCount++;
        recorder.record(Stage.DEVICE_WRITE, endNs - startNs);
        writtenPosition = end;
        publish(end == appendedPosition || end == spanEnd ? end : lastFrameEnd(end));
    }

    /**
     * Carries out what the lane has asked for. What was written before is of an older generation from here on: it
     * counts up to the cut and no further.
     */
    private int truncate() {
        final long generation = truncation.pendingGeneration();
        final long position = truncation.pendingPosition();
        cut.cut(position, writtenPosition, appended.getAcquire());
        enteredSegment = headers.newestNumber();
        if (!rules.countsOldGeneration()) {
            if (position <= writtenPosition) {
                writtenPosition = position;
                durablePosition = position;
            }
            durable.setRelease(durablePosition);
        }
        lastWriteNs = clock.nanoTime();
        truncation.acknowledge(generation);
        onDurable.signal();
        return 1;
    }

    /** End of the last frame that lies wholly below a position within the span; its bytes are in the ring. */
    private long lastFrameEnd(final long limit) {
        long position = durablePosition;
        while (true) {
            final int frameLength = FrameDescriptor.frameLength(buffer, (int) position & ringMask);
            if (frameLength < FrameDescriptor.HEADER_LENGTH) {
                throw new IllegalStateException("the ring holds no frame where one was appended: position=" + position
                        + ", frameLength=" + frameLength);
            }
            final long next = position + FrameDescriptor.alignedLength(frameLength);
            if (next > limit) {
                return position;
            }
            position = next;
        }
    }

    private void publish(final long position) {
        if (position > durablePosition) {
            durablePosition = position;
            if (!truncation.isPending() || rules.countsOldGeneration()) {
                durable.setRelease(position);
                onDurable.signal();
            }
        }
    }

    private void enter(final long segmentNumber) {
        final long neededPosition = (segmentNumber - config.segmentCount() + 1) << segmentShift;
        final long recyclablePosition = checkpointed.getAcquire();
        if (recyclablePosition < neededPosition) {
            throw new IllegalStateException("the next segment would overwrite frames that are still needed: segment="
                    + segmentNumber + ", checkpointed=" + recyclablePosition + ", needed=" + neededPosition);
        }
        bounds.raise(headers.oldestPositionAfter(segmentNumber));
        headers.enter(segmentNumber);
        enteredSegment = segmentNumber;
        writeCount++;
    }

    private void checkRing(final long appendedPosition) {
        if (appendedPosition - (durablePosition & -blockLength) > ringLength) {
            throw new IllegalStateException("the lane has overwritten bytes in the ring that are not written yet:"
                    + " appended=" + appendedPosition + ", durable=" + durablePosition + ", ringLength=" + ringLength);
        }
    }

    private int markWhenIdle() {
        if (headers.markedPosition() >= durablePosition || enteredSegment < 0) {
            return 0;
        }
        if (clock.nanoTime() - lastWriteNs < JournalLimits.DURABLE_MARK_IDLE_NS) {
            return 0;
        }
        headers.mark(durablePosition);
        return 1;
    }

    private void fence(final Throwable reason) {
        isFenced = true;
        fatalHandler.onFatal(roleName, reason);
    }

    /** Writes what is still waiting and notes how far the log is durable. The lane has ended by now. */
    @Override
    public void onClose() {
        try {
            // The ring is empty behind a cut that the lane did not live to take back its end for.
            while (!isFenced && !truncation.isHeld() && appended.getAcquire() > writtenPosition) {
                advance(appended.getAcquire());
            }
            if (!isFenced && enteredSegment >= 0 && headers.markedPosition() < durablePosition) {
                headers.mark(durablePosition);
            }
        } catch (final Throwable ex) {
            fence(ex);
        }
    }

    @Override
    public String roleName() {
        return roleName;
    }

    /** True when the writer has ended because of a failure. */
    public boolean isFenced() {
        return isFenced;
    }

    /** Device writes so far, those of segment headers included. */
    public long writeCount() {
        return writeCount;
    }
}
