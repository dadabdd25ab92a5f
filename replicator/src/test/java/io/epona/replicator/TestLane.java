package io.epona.replicator;

import io.epona.codec.FrameCheck;
import io.epona.codec.FrameDescriptor;
import io.epona.codec.FrameEncoder;
import io.epona.codec.FrameValidator;
import io.epona.codec.RecordBatchDescriptor;
import io.epona.codec.replication.FollowRequestDecoder;
import io.epona.codec.replication.FollowRequestEncoder;
import io.epona.codec.replication.FollowerAckDecoder;
import io.epona.codec.replication.FollowerAckEncoder;
import io.epona.codec.replication.FramesDecoder;
import io.epona.codec.replication.StartFeedEncoder;
import io.epona.codec.replication.StopFeedsEncoder;
import io.epona.journal.LogRing;
import io.epona.runtime.CounterType;
import io.epona.runtime.LaneCounters;
import io.epona.runtime.ReplicaCounters;
import io.epona.runtime.Signal;
import io.epona.runtime.testing.SettableNodeClock;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.ControlledMessageHandler;
import org.agrona.concurrent.MessageHandler;
import org.agrona.concurrent.NoOpIdleStrategy;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RingBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;

/**
 * One node with one lane, as far as the replicator can tell: node 1 leads and appends, the others follow, keep all that
 * they have in {@code log}, and say so. The log is the journal too.
 */
final class TestLane {
    static final int RING_LENGTH = 32 * 1024;
    static final int SPAN_LENGTH = 16 * 1024;
    static final int LEADER = 1;
    static final int EPOCH = 3;
    static final long HEARTBEAT_NS = 50_000_000L;
    static final long GAP_INTERVAL_NS = 20_000_000L;
    static final long SILENCE_NS = 500_000_000L;
    static final long MULTICAST_STALL_NS = 50_000_000L;
    static final long MULTICAST_HOLD_NS = 100_000_000L;
    private static final long COMMITTED_DELAY_NS = 5_000_000L;
    private static final long CATCH_UP_STALL_NS = 1_000_000_000L;
    private static final int MAX_FRAME_LENGTH = 6 * 1024;
    private static final int OUTBOX_LENGTH = 4 * 1024;
    private static final int PEERS_LENGTH = 64 * 1024;

    private static final MessageHandler SKIP = (type, buffer, index, length) -> {};

    final int nodeId;
    final LogRing ring = LogRing.allocate(RING_LENGTH);
    final LaneCounters counters = LaneCounters.onHeap();
    final List<ReplicaCounters> replicas;
    final ExpandableArrayBuffer log = new ExpandableArrayBuffer();
    final SettableNodeClock clock;
    final List<Throwable> errors = new ArrayList<>();
    final TestMeters meters = new TestMeters();
    final Replicator replicator;
    private final RingBuffer outbox = ring(OUTBOX_LENGTH);
    private final RingBuffer peers = ring(PEERS_LENGTH);
    private final FrameEncoder encoder = new FrameEncoder();
    private final FrameValidator validator = new FrameValidator();
    private final FramesDecoder frames = new FramesDecoder();
    private final FollowRequestDecoder request = new FollowRequestDecoder();
    private final FollowerAckDecoder ack = new FollowerAckDecoder();
    private final FollowerAckEncoder ackEncoder = new FollowerAckEncoder();
    private final long[] lastFedNs = new long[16];
    private long oldestPosition;
    private long nextOffset;
    private boolean isFollowing;
    private boolean isBlocked;
    private boolean hasGap;
    private boolean hearsMulticast;
    private long missedPosition = -1;
    private boolean isAckDue;
    private long lastGapNs;
    private long lastHeardNs;
    private long lastAskedNs = -1;

    TestLane(final int nodeId, final int nodeCount, final PeerTransport transport, final SettableNodeClock clock) {
        this.nodeId = nodeId;
        this.clock = clock;
        this.replicas = IntStream.rangeClosed(1, nodeCount)
                .filter(id -> id != nodeId)
                .mapToObj(ReplicaCounters::onHeap)
                .toList();
        this.replicator = Replicator.create(new Replicator.Context(
                new ReplicationConfig(
                        nodeId,
                        HEARTBEAT_NS,
                        COMMITTED_DELAY_NS,
                        CATCH_UP_STALL_NS,
                        MULTICAST_STALL_NS,
                        MULTICAST_HOLD_NS),
                List.of(new ReplicatedLane(
                        0, ring, SPAN_LENGTH, counters, replicas, outbox, peers, Signal.NONE, LogSource::new)),
                transport,
                meters::counter,
                clock,
                Signal.NONE,
                NoOpIdleStrategy.INSTANCE,
                errors::add));
    }

    private static RingBuffer ring(final int length) {
        return new OneToOneRingBuffer(
                new UnsafeBuffer(ByteBuffer.allocateDirect(length + RingBufferDescriptor.TRAILER_LENGTH)));
    }

    /** Reads the log in blocks, and only what is not recycled. */
    private final class LogSource implements FrameSource {
        private static final int BLOCK_LENGTH = 10 * 1024;
        private final UnsafeBuffer buffer = new UnsafeBuffer(new byte[BLOCK_LENGTH]);

        @Override
        public int read(final long fromPosition, final long limitPosition) {
            if (fromPosition < oldestPosition) {
                return RECYCLED;
            }
            final int remaining = FrameDescriptor.remainingInSpan(fromPosition, SPAN_LENGTH);
            final long limit = Math.min(limitPosition, fromPosition + Math.min(BLOCK_LENGTH, remaining));
            int length = 0;
            while (fromPosition + length + FrameDescriptor.HEADER_LENGTH <= limit) {
                final int next = length
                        + FrameDescriptor.alignedLength(FrameDescriptor.frameLength(log, (int) fromPosition + length));
                if (fromPosition + next > limit) {
                    break;
                }
                length = next;
            }
            buffer.putBytes(0, log, (int) fromPosition, length);
            return length;
        }

        @Override
        public UnsafeBuffer buffer() {
            return buffer;
        }

        @Override
        public void close() {
            // Nothing is held.
        }
    }

    long appended() {
        return counters.appended().get();
    }

    long meter(final CounterType type) {
        return meters.value(type);
    }

    // ---- leading ----

    /** Appends one records frame with this many bytes of payload, and padding before it where it does not fit. */
    void append(final int payloadLength) {
        final int frameLength = FrameDescriptor.HEADER_LENGTH + payloadLength;
        long position = appended();
        final int remaining = FrameDescriptor.remainingInSpan(position, SPAN_LENGTH);
        if (FrameDescriptor.alignedLength(frameLength) > remaining) {
            encoder.encodePadding(ring.buffer(), ring.offset(position), position, remaining, EPOCH, 0, 0);
            keep(position, remaining);
            position += remaining;
        }
        final int offset = ring.offset(position);
        ring.buffer().setMemory(offset + FrameDescriptor.HEADER_LENGTH, payloadLength, (byte) nextOffset);
        encoder.encodeRecords(ring.buffer(), offset, position, payloadLength, EPOCH, 0, nextOffset++, 0, 0, 0, 0);
        keep(position, FrameDescriptor.alignedLength(frameLength));
        counters.appended().setRelease(FrameDescriptor.nextFramePosition(position, frameLength, SPAN_LENGTH));
    }

    /** As {@link #append}, for logs of any length: the journal has nothing of it. */
    void appendToRing(final int payloadLength) {
        final int frameLength = FrameDescriptor.HEADER_LENGTH + payloadLength;
        long position = appended();
        final int remaining = FrameDescriptor.remainingInSpan(position, SPAN_LENGTH);
        if (FrameDescriptor.alignedLength(frameLength) > remaining) {
            encoder.encodePadding(ring.buffer(), ring.offset(position), position, remaining, EPOCH, 0, 0);
            position += remaining;
        }
        encoder.encodeRecords(
                ring.buffer(), ring.offset(position), position, payloadLength, EPOCH, 0, nextOffset++, 0, 0, 0, 0);
        counters.appended().setRelease(FrameDescriptor.nextFramePosition(position, frameLength, SPAN_LENGTH));
    }

    /** Throws away what other nodes said; how many messages. */
    int skipPeers() {
        return peers.read(SKIP);
    }

    void acknowledgeAll(final long position) {
        counters.appended().setRelease(position);
        acknowledge(false);
    }

    static int maxPayloadLength() {
        return MAX_FRAME_LENGTH - FrameDescriptor.HEADER_LENGTH;
    }

    static int minPayloadLength() {
        return RecordBatchDescriptor.BATCH_OVERHEAD;
    }

    private void keep(final long position, final int length) {
        log.putBytes((int) position, ring.buffer(), ring.offset(position), length);
    }

    /** The journal has what was appended; everything is committed that is acknowledged. */
    void settle() {
        counters.durable().setRelease(appended());
        counters.committed()
                .setRelease(Math.min(
                        appended(),
                        replicas.stream().mapToLong(r -> r.acked().get()).min().orElseThrow()));
    }

    /** The journal no longer has what is below. */
    void recycle(final long position) {
        oldestPosition = position;
    }

    long oldestPosition() {
        return oldestPosition;
    }

    void startFeed(final int toNode, final long position) {
        final StartFeedEncoder message = new StartFeedEncoder();
        final int claim = outbox.tryClaim(StartFeedEncoder.TEMPLATE_ID, StartFeedEncoder.BLOCK_LENGTH);
        if (claim > 0) {
            message.wrap(outbox.buffer(), claim)
                    .laneId(0)
                    .toNode(toNode)
                    .leaderEpoch(EPOCH)
                    .position(position);
            outbox.commit(claim);
        }
    }

    void stopFeeds() {
        final StopFeedsEncoder message = new StopFeedsEncoder();
        final int claim = outbox.tryClaim(StopFeedsEncoder.TEMPLATE_ID, StopFeedsEncoder.BLOCK_LENGTH);
        message.wrap(outbox.buffer(), claim).laneId(0).leaderEpoch(EPOCH);
        outbox.commit(claim);
    }

    void put(final int msgTypeId, final int length) {
        outbox.write(msgTypeId, new UnsafeBuffer(new byte[length]), 0, length);
    }

    void pollAsLeader() {
        peers.read((type, buffer, index, length) -> {
            if (type == FollowRequestDecoder.TEMPLATE_ID) {
                request.wrap(buffer, index, FollowRequestDecoder.BLOCK_LENGTH, 1);
                onFollower(request.fromNode(), request.endPosition(), request.endPosition(), true);
            } else if (type == FollowerAckDecoder.TEMPLATE_ID) {
                ack.wrap(buffer, index, FollowerAckDecoder.BLOCK_LENGTH, 1);
                onFollower(ack.fromNode(), ack.receivedPosition(), ack.durablePosition(), ack.hasGap() != 0);
            }
        });
    }

    private void onFollower(final int follower, final long received, final long durable, final boolean isToBeFed) {
        final ReplicaCounters replica = replica(follower);
        replica.received().setRelease(Math.max(received, replica.received().get()));
        replica.acked().setRelease(Math.max(durable, replica.acked().get()));
        if (isToBeFed && received >= oldestPosition && clock.nanoTime() - lastFedNs[follower] > GAP_INTERVAL_NS) {
            lastFedNs[follower] = clock.nanoTime();
            startFeed(follower, received);
        }
    }

    ReplicaCounters replica(final int other) {
        return replicas.stream().filter(r -> r.nodeId() == other).findFirst().orElseThrow();
    }

    // ---- following ----

    /** Takes nothing out of its ring for a while. */
    void block(final boolean isNow) {
        isBlocked = isNow;
    }

    void pollAsFollower() {
        final long nowNs = clock.nanoTime();
        if (!isBlocked) {
            peers.controlledRead(this::onPeer);
        }
        if ((!isFollowing || nowNs - lastHeardNs > SILENCE_NS)
                && (lastAskedNs < 0 || nowNs - lastAskedNs > GAP_INTERVAL_NS)) {
            lastAskedNs = nowNs;
            final FollowRequestEncoder message = new FollowRequestEncoder();
            final int claim = outbox.tryClaim(FollowRequestEncoder.TEMPLATE_ID, FollowRequestEncoder.BLOCK_LENGTH);
            if (claim > 0) {
                message.wrap(outbox.buffer(), claim)
                        .laneId(0)
                        .fromNode(nodeId)
                        .toNode(LEADER)
                        .leaderEpoch(EPOCH)
                        .endPosition(appended());
                outbox.commit(claim);
            }
        }
        final boolean tellsGap = hasGap && nowNs - lastGapNs > GAP_INTERVAL_NS;
        if (isAckDue || tellsGap) {
            acknowledge(tellsGap);
        }
    }

    private void acknowledge(final boolean tellsGap) {
        final FollowerAckEncoder message = ackEncoder;
        final int claim = outbox.tryClaim(FollowerAckEncoder.TEMPLATE_ID, FollowerAckEncoder.BLOCK_LENGTH);
        if (claim > 0) {
            message.wrap(outbox.buffer(), claim)
                    .laneId(0)
                    .fromNode(nodeId)
                    .toNode(LEADER)
                    .hasGap((short) (tellsGap ? 1 : 0))
                    .hearsMulticast((short) (hearsMulticast ? 1 : 0))
                    .leaderEpoch(EPOCH)
                    .receivedPosition(appended())
                    .durablePosition(appended());
            outbox.commit(claim);
            isAckDue = false;
            if (tellsGap) {
                hasGap = false;
                lastGapNs = clock.nanoTime();
            }
        }
    }

    private ControlledMessageHandler.Action onPeer(
            final int type, final MutableDirectBuffer buffer, final int index, final int length) {
        if (type != FramesDecoder.TEMPLATE_ID) {
            throw new AssertionError("a follower hears from the leader alone: type=" + type);
        }
        frames.wrap(buffer, index, FramesDecoder.BLOCK_LENGTH, 1);
        final boolean isToAll = frames.cellKey() != 0;
        final long position = frames.position();
        if (position > appended()) {
            onGap(isToAll, position);
            return ControlledMessageHandler.Action.CONTINUE;
        }
        isFollowing = true;
        isAckDue = true;
        lastHeardNs = clock.nanoTime();
        hearsMulticast |= isToAll;
        long current = position;
        while (current < position + frames.framesLength()) {
            final int at = index + FramesDecoder.BLOCK_LENGTH + (int) (current - position);
            final int frameLength = FrameDescriptor.frameLength(buffer, at);
            if (current == appended()) {
                take(buffer, at, frameLength, current);
            }
            current = FrameDescriptor.nextFramePosition(current, frameLength, SPAN_LENGTH);
        }
        return ControlledMessageHandler.Action.CONTINUE;
    }

    /** As a lane does: a gap of what is sent to all is told once. */
    private void onGap(final boolean isToAll, final long position) {
        if (!isToAll) {
            isFollowing = true;
            isAckDue = true;
            lastHeardNs = clock.nanoTime();
            hasGap = true;
            return;
        }
        hasGap |= hearsMulticast
                || missedPosition < 0
                || FrameDescriptor.framePosition(missedPosition, SPAN_LENGTH)
                        != FrameDescriptor.framePosition(position, SPAN_LENGTH);
        isAckDue |= hearsMulticast;
        hearsMulticast = false;
        missedPosition = position + frames.framesLength();
    }

    private void take(final MutableDirectBuffer buffer, final int offset, final int frameLength, final long position) {
        final FrameCheck check =
                validator.check(buffer, offset, FrameDescriptor.remainingInSpan(position, SPAN_LENGTH), position);
        if (check != FrameCheck.VALID) {
            throw new AssertionError("not a frame: found=" + check + ", position=" + position);
        }
        log.putBytes((int) position, buffer, offset, FrameDescriptor.alignedLength(frameLength));
        hasGap = false;
        counters.appended().setRelease(FrameDescriptor.nextFramePosition(position, frameLength, SPAN_LENGTH));
    }

    /** The process ends and starts again with what it had. */
    void restart() {
        skipPeers();
        isFollowing = false;
        hasGap = false;
        hearsMulticast = false;
        missedPosition = -1;
        isAckDue = false;
        lastAskedNs = -1;
    }
}
