package io.epona.sequencer;

import io.epona.codec.FrameDescriptor;
import io.epona.codec.FrameHandler;
import io.epona.journal.LogRing;
import io.epona.journal.RingReader;
import io.epona.runtime.LaneCounters;
import io.epona.runtime.Signal;
import org.agrona.DirectBuffer;

/**
 * A lane's log on this node as all roles of the lane share it: its end, the epochs in it, and how far it is committed.
 * Owned by the lane's thread; allocates nothing.
 */
final class LaneLog {
    private final LogAppender appender;
    private final LogRing ring;
    private final int spanLength;
    private final EpochHistory epochs = new EpochHistory();
    private final LaneCounters counters;
    private final Signal onAppended;
    private final Signal onCommitted;
    private final LaneReplies replies;
    private final boolean canGoBack;
    private long committed;

    LaneLog(final LaneContext context, final LogAppender appender, final LaneReplies replies, final boolean canGoBack) {
        this.appender = appender;
        this.ring = context.ring();
        this.spanLength = context.spanLength();
        this.counters = context.counters();
        this.onAppended = context.onAppended();
        this.onCommitted = context.onCommitted();
        this.replies = replies;
        this.canGoBack = canGoBack;
        this.committed = counters.committed().get();
    }

    /** Takes the epochs of the recovered log: those of the state, and those of the frames behind it in the ring. */
    void recoverEpochs(final LaneState state) {
        epochs.set(state.epochs());
        final FrameHandler handler = (buffer, offset, frameLength, position) ->
                epochs.onFrame(FrameDescriptor.leaderEpoch(buffer, offset), position);
        final RingReader reader = new RingReader(ring, spanLength);
        reader.read(state.position(), appender.position(), handler, Integer.MAX_VALUE);
    }

    LogAppender appender() {
        return appender;
    }

    EpochHistory epochs() {
        return epochs;
    }

    DirectBuffer buffer() {
        return ring.buffer();
    }

    LogRing ring() {
        return ring;
    }

    int spanLength() {
        return spanLength;
    }

    /** End of the log, published or not. */
    long end() {
        return appender.position();
    }

    /** Frames below are on this node's device. */
    long durable() {
        return counters.durable().getAcquire();
    }

    long committed() {
        return committed;
    }

    /**
     * Publishes how far the log is committed; it never goes back.
     *
     * @return true when that is further than before.
     */
    boolean commit(final long position) {
        if (position == committed || position < committed && !canGoBack) {
            return false;
        }
        committed = position;
        appender.committedPosition(position);
        counters.committed().setRelease(position);
        replies.signalAll();
        onCommitted.signal();
        return true;
    }

    /** Publishes what was appended, and wakes the journal for it. */
    void publish() {
        if (appender.publish()) {
            onAppended.signal();
        }
    }

    /**
     * Takes over whole frames of another replica, which were checked, and publishes them.
     *
     * @param source with the frames.
     * @param offset of the first one, which continues this log.
     * @param length bytes.
     */
    void appendFrames(final DirectBuffer source, final int offset, final int length) {
        final long start = appender.position();
        long position = start;
        while (position < start + length) {
            final int at = offset + (int) (position - start);
            epochs.onFrame(FrameDescriptor.leaderEpoch(source, at), position);
            position = FrameDescriptor.nextFramePosition(position, FrameDescriptor.frameLength(source, at), spanLength);
        }
        appender.appendFrames(source, offset, length);
        publish();
    }

    /** Takes the end of the log back, with all that was derived from what is cut. */
    void cutTo(final long position) {
        appender.cutTo(position);
        epochs.cutTo(position);
    }

    void wakeJournal() {
        onAppended.signal();
    }
}
