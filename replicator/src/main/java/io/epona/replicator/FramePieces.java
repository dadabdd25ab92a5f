package io.epona.replicator;

import static io.epona.replicator.ReplicatorLimits.FRAMES_HEADER_LENGTH;
import static io.epona.replicator.ReplicatorLimits.PART_HEADER_LENGTH;

import io.epona.codec.FrameDescriptor;
import io.epona.codec.replication.FramesEncoder;
import io.epona.codec.replication.FramesPartEncoder;
import io.epona.codec.replication.MessageHeaderEncoder;
import io.epona.journal.RingLimits;
import java.nio.ByteBuffer;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Cuts a lane's log into messages for one follower, or for all at once: whole frames, never over the end of a span, as
 * many as fit into a message and as a lane takes at once, or the parts of a frame that is too long for a message. Owned
 * by one thread; allocates nothing; does no I/O of its own.
 */
final class FramePieces {
    /** One stream. */
    @FunctionalInterface
    interface Output {
        Offer offer(DirectBuffer header, int headerLength, DirectBuffer frames, int framesOffset, int framesLength);
    }

    private static final int ALIGNMENT_MASK = -FrameDescriptor.FRAME_ALIGNMENT;

    private final UnsafeBuffer header =
            new UnsafeBuffer(ByteBuffer.allocateDirect(Math.max(FRAMES_HEADER_LENGTH, PART_HEADER_LENGTH)));
    private final MessageHeaderEncoder messageHeader = new MessageHeaderEncoder();
    private final FramesEncoder frames = new FramesEncoder();
    private final FramesPartEncoder part = new FramesPartEncoder();
    private final int laneId;
    private final int fromNode;
    private final int toNode;
    private final int cellKey;
    private final int spanLength;
    private final int maxFramesLength;
    private final int maxPartLength;
    private final Output output;

    private int leaderEpoch;
    private long partPosition;
    private int partOffset;
    private long endPosition;
    private int sentLength;

    /** What was found at a position, so that frames which wait for room are not looked at again and again. */
    private long foundPosition;

    private int foundLength;

    private FramePieces(
            final ReplicatedLane lane,
            final int fromNode,
            final int toNode,
            final int cellKey,
            final int maxMessageLength,
            final Output output) {
        if (maxMessageLength < ReplicatorLimits.MIN_MESSAGE_LENGTH) {
            throw new IllegalArgumentException("messages are too short: maxMessageLength=" + maxMessageLength);
        }
        this.laneId = lane.laneId();
        this.fromNode = fromNode;
        this.toNode = toNode;
        this.cellKey = cellKey;
        this.spanLength = lane.spanLength();
        this.maxFramesLength = maxFramesLength(lane, maxMessageLength);
        this.maxPartLength = (maxMessageLength - PART_HEADER_LENGTH) & ALIGNMENT_MASK;
        this.output = output;
    }

    /**
     * For one follower.
     *
     * @param lane whose log it is.
     * @param fromNode this node.
     * @param toNode the follower.
     * @param maxMessageLength of the stream.
     * @param output the stream.
     */
    static FramePieces toOne(
            final ReplicatedLane lane,
            final int fromNode,
            final int toNode,
            final int maxMessageLength,
            final Output output) {
        return new FramePieces(lane, fromNode, toNode, PeerTransport.NO_MULTICAST, maxMessageLength, output);
    }

    /** As {@link #toOne}, for all followers; the key tells the cell. */
    static FramePieces toAll(
            final ReplicatedLane lane,
            final int fromNode,
            final int cellKey,
            final int maxMessageLength,
            final Output output) {
        return new FramePieces(lane, fromNode, ReplicatorLimits.ALL_FOLLOWERS, cellKey, maxMessageLength, output);
    }

    /** Most bytes of frames in one message. Followers are configured as this node is: their rings take the same. */
    private static int maxFramesLength(final ReplicatedLane lane, final int maxMessageLength) {
        final int ofStream = maxMessageLength - FRAMES_HEADER_LENGTH;
        final int ofPeersRing = lane.peers().maxMsgLength() - FramesEncoder.BLOCK_LENGTH;
        final int ofLane = RingLimits.maxUnpublishedLength(lane.ring().length());
        return Math.min(ofStream, Math.min(ofPeersRing, ofLane)) & ALIGNMENT_MASK;
    }

    /** Frames go out in the name of this leader epoch from here on; a frame that was sent in part begins anew. */
    void start(final int newLeaderEpoch) {
        leaderEpoch = newLeaderEpoch;
        partOffset = 0;
        foundLength = 0;
    }

    /**
     * Offers one message of frames.
     *
     * @param buffer with the frames.
     * @param offset of the frame in the buffer; all of its span up to the limit follows.
     * @param position of the frame.
     * @param limitPosition where a frame ends, above the position, or beyond the end of the position's span.
     * @param committed to be told to the follower.
     * @return null when there is no frame where one must be; else what became of the message. After {@link Offer#SENT}
     *     {@link #endPosition()} tells how far.
     */
    Offer offer(
            final DirectBuffer buffer,
            final int offset,
            final long position,
            final long limitPosition,
            final long committed) {
        final int length = wholeFramesLength(buffer, offset, position, limitPosition);
        if (length < 0) {
            return null;
        }
        if (length > maxFramesLength) {
            return offerPart(buffer, offset, position, length, committed);
        }
        partOffset = 0;
        putFrames(length, position, committed);
        final Offer offer = output.offer(header, FRAMES_HEADER_LENGTH, buffer, offset, length);
        if (Offer.SENT == offer) {
            endPosition = position + length;
            sentLength = length;
        }
        return offer;
    }

    /**
     * Offers a message without frames.
     *
     * @param position what was sent so far.
     * @param committed to be told to the follower.
     */
    Offer offerHeartbeat(final long position, final long committed) {
        putFrames(0, position, committed);
        return output.offer(header, FRAMES_HEADER_LENGTH, header, 0, 0);
    }

    /** How far the log was sent by the last message: unchanged while parts of a frame are still to be sent. */
    long endPosition() {
        return endPosition;
    }

    /** Bytes of frames in the last message. */
    int sentLength() {
        return sentLength;
    }

    private void putFrames(final int length, final long position, final long committed) {
        messageHeader
                .wrap(header, 0)
                .blockLength(FramesEncoder.BLOCK_LENGTH)
                .templateId(FramesEncoder.TEMPLATE_ID)
                .schemaId(FramesEncoder.SCHEMA_ID)
                .version(FramesEncoder.SCHEMA_VERSION);
        frames.wrap(header, MessageHeaderEncoder.ENCODED_LENGTH)
                .laneId(laneId)
                .fromNode(fromNode)
                .toNode(toNode)
                .cellKey(cellKey)
                .leaderEpoch(leaderEpoch)
                .framesLength(length)
                .position(position)
                .committedPosition(committed);
    }

    private Offer offerPart(
            final DirectBuffer buffer, final int offset, final long position, final int length, final long committed) {
        if (partPosition != position) {
            partPosition = position;
            partOffset = 0;
        }
        final int partLength = Math.min(maxPartLength, length - partOffset);
        messageHeader
                .wrap(header, 0)
                .blockLength(FramesPartEncoder.BLOCK_LENGTH)
                .templateId(FramesPartEncoder.TEMPLATE_ID)
                .schemaId(FramesPartEncoder.SCHEMA_ID)
                .version(FramesPartEncoder.SCHEMA_VERSION);
        part.wrap(header, MessageHeaderEncoder.ENCODED_LENGTH)
                .laneId(laneId)
                .fromNode(fromNode)
                .toNode(toNode)
                .cellKey(cellKey)
                .leaderEpoch(leaderEpoch)
                .framesLength(length)
                .position(position)
                .committedPosition(committed)
                .partOffset(partOffset)
                .partLength(partLength);
        final Offer offer = output.offer(header, PART_HEADER_LENGTH, buffer, offset + partOffset, partLength);
        if (Offer.SENT == offer) {
            partOffset += partLength;
            sentLength = partLength;
            final boolean isWhole = partOffset == length;
            endPosition = isWhole ? position + length : position;
            partOffset = isWhole ? 0 : partOffset;
        }
        return offer;
    }

    /**
     * Bytes of the frames that fit into one message, or of the first frame alone when not even that fits; -1 when there
     * is no frame. What is left behind a span's last frame belongs to none.
     */
    private int wholeFramesLength(
            final DirectBuffer buffer, final int offset, final long position, final long limitPosition) {
        final int remaining = FrameDescriptor.remainingInSpan(position, spanLength);
        final int available = (int) Math.min(remaining, limitPosition - position);
        if (available < remaining && available <= maxFramesLength) {
            return available;
        }
        if (foundLength > 0 && foundPosition == position) {
            return foundLength;
        }
        foundPosition = position;
        foundLength = walk(buffer, offset, available);
        return foundLength;
    }

    private int walk(final DirectBuffer buffer, final int offset, final int available) {
        int length = 0;
        while (available - length >= FrameDescriptor.HEADER_LENGTH) {
            final int frameLength = FrameDescriptor.frameLength(buffer, offset + length);
            if (frameLength < FrameDescriptor.HEADER_LENGTH || frameLength > available - length) {
                return -1;
            }
            final int next = length + FrameDescriptor.alignedLength(frameLength);
            if (next > maxFramesLength && length > 0) {
                break;
            }
            length = next;
            if (length > maxFramesLength) {
                break;
            }
        }
        return length > 0 ? length : -1;
    }
}
