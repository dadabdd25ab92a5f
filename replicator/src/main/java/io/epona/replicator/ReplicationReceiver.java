package io.epona.replicator;

import static io.epona.replicator.ReplicatorLimits.CONTROL_LENGTH;
import static io.epona.replicator.ReplicatorLimits.FRAMES_HEADER_LENGTH;
import static io.epona.replicator.ReplicatorLimits.PART_HEADER_LENGTH;

import io.epona.codec.replication.FollowRequestDecoder;
import io.epona.codec.replication.FollowResponseDecoder;
import io.epona.codec.replication.FollowerAckDecoder;
import io.epona.codec.replication.FramesDecoder;
import io.epona.codec.replication.FramesEncoder;
import io.epona.codec.replication.FramesPartDecoder;
import io.epona.codec.replication.MessageHeaderDecoder;
import org.agrona.DirectBuffer;
import org.agrona.ErrorHandler;
import org.agrona.concurrent.Agent;

/**
 * Takes what other nodes send and puts it before the lanes. A hot agent: run it before the lanes in the same duty
 * cycle. Made by {@link Replicator}. One thread owns it; it never blocks, and allocates nothing but for bad messages.
 *
 * <p>Nothing that comes from the network is trusted: a message that is not what it claims is counted, reported and
 * dropped, and harms nobody. When a lane has no room, its frames stay in their stream and hold back only that stream;
 * what else is said to it finds the room that is kept for it, or is dropped, because it is said again.
 */
public final class ReplicationReceiver implements Agent, PeerTransport.MessageHandler {
    private static final String OF_ANOTHER_CELL = "of another cell, or with multicast that is not configured here";

    private final int nodeId;
    private final int cellKey;
    private final PeerTransport transport;
    private final ReceivingLane[] lanesById;
    private final boolean[] isPeerById;
    private final ReceiverMeters meters;
    private final ErrorHandler errorHandler;
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final FollowRequestDecoder address = new FollowRequestDecoder();
    private final FramesDecoder frames = new FramesDecoder();
    private final FramesPartDecoder part = new FramesPartDecoder();
    private final FollowerAckDecoder ack = new FollowerAckDecoder();
    private final FramesEncoder wholeFrame = new FramesEncoder();

    /**
     * @param nodeId of this node.
     * @param transport to be polled.
     * @param lanesById the lanes, each at the index of its id; null for ids that there are not.
     * @param isPeerById true at the ids of the other nodes.
     * @param meters counts; written by the receiving thread.
     * @param errorHandler hears of bad messages.
     */
    ReplicationReceiver(
            final int nodeId,
            final PeerTransport transport,
            final ReceivingLane[] lanesById,
            final boolean[] isPeerById,
            final ReceiverMeters meters,
            final ErrorHandler errorHandler) {
        this.nodeId = nodeId;
        this.transport = transport;
        this.cellKey = transport.multicastKey();
        this.lanesById = lanesById.clone();
        this.isPeerById = isPeerById.clone();
        this.meters = meters;
        this.errorHandler = errorHandler;
    }

    @Override
    public int doWork() {
        final int workCount = transport.poll(this, ReplicatorLimits.RECEIVE_MESSAGES_PER_CYCLE);
        if (workCount > 0) {
            for (final ReceivingLane lane : lanesById) {
                if (null != lane) {
                    lane.signalIfWritten();
                }
            }
        }
        return workCount;
    }

    @Override
    public boolean onMessage(final DirectBuffer buffer, final int offset, final int length) {
        if (length < CONTROL_LENGTH) {
            return reject("too short", offset, length, buffer);
        }
        header.wrap(buffer, offset);
        if (header.schemaId() != MessageHeaderDecoder.SCHEMA_ID
                || header.version() != MessageHeaderDecoder.SCHEMA_VERSION) {
            return reject("of another schema or version", offset, length, buffer);
        }
        final int block = offset + MessageHeaderDecoder.ENCODED_LENGTH;
        address.wrap(buffer, block, FollowRequestDecoder.BLOCK_LENGTH, FollowRequestDecoder.SCHEMA_VERSION);
        final int laneId = address.laneId();
        final int fromNode = address.fromNode();
        final ReceivingLane lane = laneId < lanesById.length ? lanesById[laneId] : null;
        final boolean isToAll = address.toNode() == ReplicatorLimits.ALL_FOLLOWERS;
        if (isToAll && fromNode == nodeId) {
            return true; // what this node sent to all itself, before it listened no more
        }
        if (null == lane
                || !isToAll && address.toNode() != nodeId
                || fromNode >= isPeerById.length
                || !isPeerById[fromNode]) {
            return reject("not for this node, or of an unknown lane or sender", offset, length, buffer);
        }
        return switch (header.templateId()) {
            case FramesDecoder.TEMPLATE_ID -> onFrames(lane, buffer, offset, length);
            case FramesPartDecoder.TEMPLATE_ID -> onPart(lane, buffer, offset, length);
            case FollowRequestDecoder.TEMPLATE_ID, FollowResponseDecoder.TEMPLATE_ID, FollowerAckDecoder.TEMPLATE_ID ->
                onControl(lane, buffer, offset, length);
            default -> reject("of an unknown kind", offset, length, buffer);
        };
    }

    private boolean onFrames(final ReceivingLane lane, final DirectBuffer buffer, final int offset, final int length) {
        final int block = offset + MessageHeaderDecoder.ENCODED_LENGTH;
        frames.wrap(buffer, block, FramesDecoder.BLOCK_LENGTH, FramesDecoder.SCHEMA_VERSION);
        final int framesLength = length - FRAMES_HEADER_LENGTH;
        if (!isOfCell(frames.toNode(), frames.cellKey())) {
            return reject(OF_ANOTHER_CELL, offset, length, buffer);
        }
        if (header.blockLength() != FramesDecoder.BLOCK_LENGTH || frames.framesLength() != framesLength) {
            return reject("of a length that is not its own", offset, length, buffer);
        }
        final int ringLength = FramesDecoder.BLOCK_LENGTH + framesLength;
        if (!lane.canEverTake(ringLength)) {
            return reject("longer than the lane's ring takes", offset, length, buffer);
        }
        if (framesLength > 0) {
            final String problem = FramesCheck.problem(
                    buffer,
                    offset + FRAMES_HEADER_LENGTH,
                    framesLength,
                    frames.position(),
                    frames.leaderEpoch(),
                    lane.spanLength());
            if (null != problem) {
                return reject(problem, offset, length, buffer);
            }
        }
        if (!lane.offerFrames(
                buffer, block, FramesDecoder.BLOCK_LENGTH, buffer, offset + FRAMES_HEADER_LENGTH, framesLength)) {
            meters.onRingFull();
            return false;
        }
        meters.onFrames(framesLength);
        return true;
    }

    private boolean onPart(final ReceivingLane lane, final DirectBuffer buffer, final int offset, final int length) {
        if (length <= PART_HEADER_LENGTH || header.blockLength() != FramesPartDecoder.BLOCK_LENGTH) {
            return reject("of a length that is not its own", offset, length, buffer);
        }
        final int block = offset + MessageHeaderDecoder.ENCODED_LENGTH;
        part.wrap(buffer, block, FramesPartDecoder.BLOCK_LENGTH, FramesPartDecoder.SCHEMA_VERSION);
        final int frameLength = part.framesLength();
        if (!isOfCell(part.toNode(), part.cellKey())) {
            return reject(OF_ANOTHER_CELL, offset, length, buffer);
        }
        if (part.partLength() != length - PART_HEADER_LENGTH
                || part.partOffset() < 0
                || part.partOffset() > frameLength - part.partLength()
                || !lane.canEverTake(FramesDecoder.BLOCK_LENGTH + frameLength)) {
            return reject("a part that fits into no frame", offset, length, buffer);
        }
        final FrameAssembly assembly = lane.assemblyOf(part);
        if (null == assembly || !assembly.add(part, buffer, offset + PART_HEADER_LENGTH)) {
            return true;
        }
        final String problem = FramesCheck.problem(
                assembly.buffer(), 0, frameLength, part.position(), part.leaderEpoch(), lane.spanLength());
        if (null != problem) {
            assembly.onTaken();
            return reject(problem, offset, length, buffer);
        }
        if (!lane.offerWholeFrame(part, assembly.buffer(), wholeFrame)) {
            meters.onRingFull();
            return false;
        }
        assembly.onTaken();
        meters.onFrames(frameLength);
        return true;
    }

    /** A message to all has the cell's key, one to this node none. */
    private boolean isOfCell(final int toNode, final int key) {
        return key == (toNode == ReplicatorLimits.ALL_FOLLOWERS ? cellKey : PeerTransport.NO_MULTICAST)
                && (toNode == nodeId || cellKey != PeerTransport.NO_MULTICAST);
    }

    private boolean onControl(final ReceivingLane lane, final DirectBuffer buffer, final int offset, final int length) {
        if (length != CONTROL_LENGTH
                || address.toNode() != nodeId
                || header.blockLength() != FollowRequestDecoder.BLOCK_LENGTH) {
            return reject("of a length that is not its own", offset, length, buffer);
        }
        final int block = offset + MessageHeaderDecoder.ENCODED_LENGTH;
        if (header.templateId() == FollowerAckDecoder.TEMPLATE_ID) {
            ack.wrap(buffer, block, FollowerAckDecoder.BLOCK_LENGTH, FollowerAckDecoder.SCHEMA_VERSION);
            if (ack.hasGap() != 0) {
                meters.onGap();
            }
            lane.report(ack.fromNode()).onAck(ack.leaderEpoch(), ack.hearsMulticast() != 0);
        }
        if (!lane.offerControl(header.templateId(), buffer, block)) {
            meters.onRingFull();
        }
        return true;
    }

    /** Always true: a bad message is done with. */
    private boolean reject(final String why, final int offset, final int length, final DirectBuffer buffer) {
        meters.onBadMessage();
        errorHandler.onError(new IllegalArgumentException("a message from another node was dropped: " + why
                + ", length=" + length + (length < CONTROL_LENGTH ? "" : describe(buffer, offset))));
        return true;
    }

    private String describe(final DirectBuffer buffer, final int offset) {
        header.wrap(buffer, offset);
        address.wrap(
                buffer,
                offset + MessageHeaderDecoder.ENCODED_LENGTH,
                FollowRequestDecoder.BLOCK_LENGTH,
                FollowRequestDecoder.SCHEMA_VERSION);
        return ", laneId=" + address.laneId() + ", fromNode=" + address.fromNode() + ", toNode=" + address.toNode()
                + ", templateId=" + header.templateId() + ", schemaId=" + header.schemaId() + ", version="
                + header.version() + ", blockLength=" + header.blockLength();
    }

    @Override
    public String roleName() {
        return "replication-receiver";
    }
}
