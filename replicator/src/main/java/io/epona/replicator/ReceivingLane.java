package io.epona.replicator;

import io.epona.codec.replication.FollowRequestDecoder;
import io.epona.codec.replication.FramesDecoder;
import io.epona.codec.replication.FramesEncoder;
import io.epona.codec.replication.FramesPartDecoder;
import io.epona.runtime.Signal;
import org.agrona.BitUtil;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.ringbuffer.RecordDescriptor;
import org.agrona.concurrent.ringbuffer.RingBuffer;

/** A lane's peers ring, as the receiving thread, its only writer, sees it. Allocates nothing. */
final class ReceivingLane {
    private final RingBuffer peers;
    private final Signal signal;
    private final int spanLength;
    private final int framesLimit;

    /** Two, because the live and the catch-up stream may carry parts of different frames at the same time. */
    private final FrameAssembly[] assemblies = {new FrameAssembly(), new FrameAssembly()};

    private int oldest;
    private boolean isWritten;

    ReceivingLane(final ReplicatedLane lane) {
        this.peers = lane.peers();
        this.signal = lane.laneSignal();
        this.spanLength = lane.spanLength();
        this.framesLimit =
                peers.capacity() - Math.min(ReplicatorLimits.PEERS_RING_RESERVE_LENGTH, peers.capacity() / 4);
        if (peers.maxMsgLength() < ReplicatorLimits.MIN_MESSAGE_LENGTH) {
            throw new IllegalArgumentException("the ring for what other nodes say is too short: laneId=" + lane.laneId()
                    + ", capacity=" + peers.capacity());
        }
    }

    int spanLength() {
        return spanLength;
    }

    /** Where the part belongs: with the rest of its frame, or, when it begins one, in place of what is older. */
    FrameAssembly assemblyOf(final FramesPartDecoder part) {
        for (final FrameAssembly assembly : assemblies) {
            if (assembly.isOf(part)) {
                return assembly;
            }
        }
        if (part.partOffset() != 0) {
            return null;
        }
        final int chosen = assemblies[oldest].isEmpty() || !assemblies[1 - oldest].isEmpty() ? oldest : 1 - oldest;
        oldest = 1 - chosen;
        assemblies[chosen].begin(part);
        return assemblies[chosen];
    }

    /** False for a message that no emptiness of the ring makes room for. */
    boolean canEverTake(final int length) {
        return length >= 0 && length <= peers.maxMsgLength();
    }

    boolean offerControl(final int templateId, final DirectBuffer buffer, final int blockOffset) {
        final int length = FollowRequestDecoder.BLOCK_LENGTH;
        final int claim = peers.tryClaim(templateId, length);
        if (claim < 0) {
            return false;
        }
        peers.buffer().putBytes(claim, buffer, blockOffset, length);
        commit(claim);
        return true;
    }

    boolean offerFrames(
            final DirectBuffer block,
            final int blockOffset,
            final int blockLength,
            final DirectBuffer frames,
            final int framesOffset,
            final int framesLength) {
        final int claim = claimFrames(framesLength);
        if (claim < 0) {
            return false;
        }
        peers.buffer().putBytes(claim, block, blockOffset, blockLength);
        peers.buffer().putBytes(claim + blockLength, frames, framesOffset, framesLength);
        commit(claim);
        return true;
    }

    /** Hands on the assembled frame as if it had come in one Frames message. */
    boolean offerWholeFrame(final FramesPartDecoder part, final DirectBuffer frame, final FramesEncoder encoder) {
        final int frameLength = part.framesLength();
        final int claim = claimFrames(frameLength);
        if (claim < 0) {
            return false;
        }
        encoder.wrap(peers.buffer(), claim)
                .laneId(part.laneId())
                .fromNode(part.fromNode())
                .toNode(part.toNode())
                .reserved(0)
                .leaderEpoch(part.leaderEpoch())
                .framesLength(frameLength)
                .position(part.position())
                .committedPosition(part.committedPosition());
        peers.buffer().putBytes(claim + FramesEncoder.BLOCK_LENGTH, frame, 0, frameLength);
        commit(claim);
        return true;
    }

    private int claimFrames(final int framesLength) {
        final int length = FramesDecoder.BLOCK_LENGTH + framesLength;
        final int recordLength = BitUtil.align(length + RecordDescriptor.HEADER_LENGTH, RecordDescriptor.ALIGNMENT);
        if (peers.size() + recordLength > framesLimit) {
            return RingBuffer.INSUFFICIENT_CAPACITY;
        }
        return peers.tryClaim(FramesDecoder.TEMPLATE_ID, length);
    }

    private void commit(final int claim) {
        peers.commit(claim);
        isWritten = true;
    }

    void signalIfWritten() {
        if (isWritten) {
            isWritten = false;
            signal.signal();
        }
    }
}
