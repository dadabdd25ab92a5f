package io.epona.replicator;

import io.epona.codec.FrameDescriptor;
import java.util.concurrent.atomic.AtomicReference;
import org.agrona.ErrorHandler;
import org.agrona.concurrent.AgentTerminationException;

/**
 * Sends a follower what it misses from the lane's journal, for as long as there is an order to do so. Owned by the
 * catch-up thread; it opens a reader of the journal with its first order and keeps it until the order is taken back.
 */
final class CatchUpFeed {
    private final ReplicatedLane lane;
    private final int toNode;
    private final AtomicReference<CatchUpOrder> orders;
    private final CatchUpMeters meters;
    private final ErrorHandler errorHandler;
    private final FramePieces pieces;

    private CatchUpOrder order;
    private FrameSource source;
    private long position;
    private long bufferPosition;
    private int bufferLength;

    /**
     * What a catch-up feed works with.
     *
     * @param lane whose log it is.
     * @param fromNode this node.
     * @param toNode the follower.
     * @param transport that carries the messages.
     * @param orders where the sending thread leaves what to do.
     * @param meters counts; written by the catch-up thread.
     * @param errorHandler hears of a journal that cannot be read.
     */
    record Context(
            ReplicatedLane lane,
            int fromNode,
            int toNode,
            PeerTransport transport,
            AtomicReference<CatchUpOrder> orders,
            CatchUpMeters meters,
            ErrorHandler errorHandler) {}

    CatchUpFeed(final Context context) {
        this.lane = context.lane();
        this.toNode = context.toNode();
        this.orders = context.orders();
        this.meters = context.meters();
        this.errorHandler = context.errorHandler();
        final PeerTransport transport = context.transport();
        final int laneId = lane.laneId();
        this.pieces = FramePieces.toOne(
                lane,
                context.fromNode(),
                toNode,
                transport.maxMessageLength(),
                (header, headerLength, frames, framesOffset, framesLength) -> transport.offerCatchUp(
                        toNode, laneId, header, headerLength, frames, framesOffset, framesLength));
    }

    /** True while there is an order that is not over. */
    boolean isActive() {
        return null != order && !order.isOver();
    }

    /** Does a bounded amount of what the present order says; returns the number of steps that were made. */
    int doWork() {
        final CatchUpOrder current = orders.get();
        if (current != order) {
            begin(current);
        }
        if (!isActive()) {
            return 0;
        }
        if (position - bufferPosition >= bufferLength && !fill()) {
            return 0;
        }
        return send();
    }

    private void begin(final CatchUpOrder current) {
        order = current;
        bufferLength = 0;
        if (null == current) {
            close();
        } else {
            position = current.startPosition();
            bufferPosition = position;
            pieces.start(current.leaderEpoch());
        }
    }

    /** Reads the next frames; false when there is nothing to be sent now. */
    private boolean fill() {
        final long durable = lane.counters().durable().getAcquire();
        final long from = FrameDescriptor.framePosition(position, lane.spanLength());
        bufferLength = 0;
        if (from >= durable) {
            return false;
        }
        try {
            if (null == source) {
                source = lane.journal().get();
            }
            final int length = source.read(from, durable);
            if (FrameSource.RECYCLED == length) {
                order.onOver();
                return false;
            }
            position = from;
            bufferPosition = from;
            bufferLength = length;
            return length > 0;
        } catch (final RuntimeException ex) {
            fail(ex);
            return false;
        }
    }

    private int send() {
        int messageCount = 0;
        while (messageCount < ReplicatorLimits.FEED_MESSAGES_PER_CYCLE && orders.get() == order) {
            final long limit = bufferPosition + bufferLength;
            final long from = FrameDescriptor.framePosition(position, lane.spanLength());
            if (from >= limit) {
                bufferLength = 0;
                break;
            }
            final int offset = (int) (from - bufferPosition);
            final long committed = lane.counters().committed().getAcquire();
            final Offer offer = pieces.offer(source.buffer(), offset, from, limit, committed);
            if (null == offer) {
                fail(new IllegalStateException("no frame where one must be"));
                return 1;
            }
            if (!isSent(offer)) {
                break;
            }
            meters.onSent(pieces.sentLength());
            position = pieces.endPosition();
            order.onSent(position);
            messageCount++;
        }
        return messageCount;
    }

    private void fail(final RuntimeException cause) {
        order.onOver();
        errorHandler.onError(new IllegalStateException(
                "a follower cannot be sent what it misses: laneId=" + lane.laneId() + ", toNode=" + toNode
                        + ", position=" + position + ", order=" + order,
                cause));
    }

    private boolean isSent(final Offer offer) {
        return switch (offer) {
            case SENT -> true;
            case BACK_PRESSURED, NOT_CONNECTED -> false;
            case TOO_LONG, CLOSED ->
                throw new AgentTerminationException("cannot send to another node any more: result=" + offer
                        + ", laneId=" + lane.laneId() + ", toNode=" + toNode + ", position=" + position);
        };
    }

    /** Gives up the reader of the journal; another order opens a new one. */
    void close() {
        if (null != source) {
            source.close();
            source = null;
        }
    }
}
