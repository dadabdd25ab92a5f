package io.epona.replicator;

import io.epona.codec.replication.FollowRequestDecoder;
import io.epona.codec.replication.FramesDecoder;
import io.epona.codec.replication.FramesEncoder;
import io.epona.codec.replication.FramesPartDecoder;
import io.epona.runtime.Signal;
import java.util.Arrays;
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

    /** One for each stream that may carry parts of a frame of its own at the same time. */
    private final FrameAssembly[] assemblies = new FrameAssembly[ReplicatorLimits.FRAME_ASSEMBLIES];

    private final HearingReport[] reports;
    private int next;
    private boolean isWritten;

    /**
     * @param lane whose ring it is.
     * @param reports of its followers, by node id.
     */
    ReceivingLane(final ReplicatedLane lane, final HearingReport[] reports) {
        this.reports = reports.clone();
        Arrays.setAll(assemblies, i -> new FrameAssembly());
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

    /** What a peer says about hearing what this node sends to all as the lane's leader. */
    HearingReport report(final int nodeId) {
        return reports[nodeId];
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
        int chosen = next;
        for (int i = 0; i < assemblies.length && !assemblies[chosen].isEmpty(); i++) {
            chosen = (chosen + 1) % assemblies.length;
        }
        next = (chosen + 1) % assemblies.length;
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
                .cellKey(part.cellKey())
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
