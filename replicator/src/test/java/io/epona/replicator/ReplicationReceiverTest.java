package io.epona.replicator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.codec.FrameDescriptor;
import io.epona.codec.FrameEncoder;
import io.epona.codec.replication.FollowRequestEncoder;
import io.epona.codec.replication.FollowerAckDecoder;
import io.epona.codec.replication.FramesDecoder;
import io.epona.codec.replication.FramesEncoder;
import io.epona.codec.replication.MessageHeaderEncoder;
import io.epona.journal.LogRing;
import io.epona.runtime.CounterType;
import io.epona.runtime.LaneCounters;
import io.epona.runtime.ReplicaCounters;
import io.epona.runtime.testing.SettableNodeClock;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tuple;
import net.jqwik.api.constraints.Size;
import org.agrona.concurrent.NoOpIdleStrategy;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RingBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;
import org.junit.jupiter.api.Test;

/** Node 2 hears from node 1, and from who knows whom. */
class ReplicationReceiverTest {
    private static final int SPAN_LENGTH = 16 * 1024;
    private static final int EPOCH = 5;
    private static final int PAYLOAD_LENGTH = 100;
    private static final int FRAME_LENGTH =
            FrameDescriptor.alignedLength(FrameDescriptor.HEADER_LENGTH + PAYLOAD_LENGTH);
    private static final int HEADER = ReplicatorLimits.FRAMES_HEADER_LENGTH;

    private final List<Throwable> errors = new ArrayList<>();
    private final TestMeters meters = new TestMeters();
    private final RingBuffer peers = new OneToOneRingBuffer(
            new UnsafeBuffer(ByteBuffer.allocateDirect(64 * 1024 + RingBufferDescriptor.TRAILER_LENGTH)));
    private final UnsafeBuffer message = new UnsafeBuffer(new byte[16 * 1024]);
    private final LoopTransport transport = new LoopTransport();
    private int signals;
    private ReplicationReceiver receiver = receiver();

    private ReplicationReceiver receiver() {
        return Replicator.create(new Replicator.Context(
                        ReplicationConfig.of(2, 1_000_000),
                        List.of(new ReplicatedLane(
                                0,
                                LogRing.allocate(SPAN_LENGTH),
                                SPAN_LENGTH,
                                LaneCounters.onHeap(),
                                List.of(ReplicaCounters.onHeap(1), ReplicaCounters.onHeap(3)),
                                peers,
                                peers,
                                () -> signals++,
                                () -> null)),
                        transport,
                        meters::counter,
                        new SettableNodeClock(0),
                        () -> {},
                        NoOpIdleStrategy.INSTANCE,
                        errors::add))
                .receiver();
    }

    private void header(final int templateId, final int blockLength) {
        new MessageHeaderEncoder()
                .wrap(message, 0)
                .blockLength(blockLength)
                .templateId(templateId)
                .schemaId(MessageHeaderEncoder.SCHEMA_ID)
                .version(MessageHeaderEncoder.SCHEMA_VERSION);
    }

    private FramesEncoder frames() {
        return new FramesEncoder().wrap(message, MessageHeaderEncoder.ENCODED_LENGTH);
    }

    /** A message of two frames from a position on; its length. */
    private int putFrames(final long position) {
        header(FramesEncoder.TEMPLATE_ID, FramesEncoder.BLOCK_LENGTH);
        frames().laneId(0)
                .fromNode(1)
                .toNode(2)
                .cellKey(0)
                .leaderEpoch(EPOCH)
                .framesLength(2 * FRAME_LENGTH)
                .position(position)
                .committedPosition(0);
        final UnsafeBuffer aligned = new UnsafeBuffer(ByteBuffer.allocateDirect(2 * FRAME_LENGTH));
        final FrameEncoder encoder = new FrameEncoder();
        for (int i = 0; i < 2; i++) {
            encoder.encodeRecords(
                    aligned, i * FRAME_LENGTH, position + i * FRAME_LENGTH, PAYLOAD_LENGTH, EPOCH, 0, i, 0, 0, 0, 0);
        }
        message.putBytes(HEADER, aligned, 0, 2 * FRAME_LENGTH);
        return HEADER + 2 * FRAME_LENGTH;
    }

    private int putControl(final int templateId) {
        header(templateId, FollowRequestEncoder.BLOCK_LENGTH);
        new FollowRequestEncoder()
                .wrap(message, MessageHeaderEncoder.ENCODED_LENGTH)
                .laneId(0)
                .fromNode(3)
                .toNode(2)
                .leaderEpoch(EPOCH);
        return ReplicatorLimits.CONTROL_LENGTH;
    }

    private int inRing() {
        return peers.read((type, buffer, index, length) -> {});
    }

    @Test
    void shouldPutFramesBeforeTheLaneWhenTheyAreWhole() {
        final int length = putFrames(SPAN_LENGTH);
        assertTrue(receiver.onMessage(message, 0, length));

        final int count = peers.read((type, buffer, index, ringLength) -> {
            assertEquals(FramesDecoder.TEMPLATE_ID, type);
            assertEquals(FramesDecoder.BLOCK_LENGTH + 2 * FRAME_LENGTH, ringLength);
            for (int i = 0; i < ringLength; i++) {
                assertEquals(message.getByte(MessageHeaderEncoder.ENCODED_LENGTH + i), buffer.getByte(index + i));
            }
        });
        assertEquals(1, count);
        assertEquals(List.of(), errors);
        assertEquals(2 * FRAME_LENGTH, meters.value(CounterType.REPLICATION_RECEIVED));
    }

    @Test
    void shouldDropAndReportMessagesWhenAnyFieldIsWrong() {
        final List<Consumer<UnsafeBuffer>> damages = List.of(
                buffer -> header(FramesEncoder.TEMPLATE_ID, FramesEncoder.BLOCK_LENGTH + 8),
                buffer -> header(77, FramesEncoder.BLOCK_LENGTH),
                buffer -> header(FollowRequestEncoder.TEMPLATE_ID, FramesEncoder.BLOCK_LENGTH),
                buffer -> buffer.putShort(4, (short) 1),
                buffer -> buffer.putShort(6, (short) 9),
                buffer -> frames().laneId(1),
                buffer -> frames().laneId(0xFFFF),
                buffer -> frames().fromNode(2),
                buffer -> frames().fromNode(4),
                buffer -> frames().toNode(1),
                buffer -> frames().cellKey(1),
                buffer -> frames().toNode(ReplicatorLimits.ALL_FOLLOWERS),
                buffer -> frames().toNode(ReplicatorLimits.ALL_FOLLOWERS).cellKey(1),
                buffer -> frames().framesLength(FRAME_LENGTH),
                buffer -> frames().framesLength(-1),
                buffer -> frames().position(4),
                buffer -> frames().position(-FRAME_LENGTH),
                buffer -> frames().position(FRAME_LENGTH),
                buffer -> frames().leaderEpoch(EPOCH - 1),
                buffer -> buffer.putInt(HEADER, 0),
                buffer -> buffer.putInt(HEADER, Integer.MIN_VALUE),
                buffer -> buffer.putInt(HEADER, FrameDescriptor.HEADER_LENGTH - 1),
                buffer -> buffer.putInt(HEADER, 2 * FRAME_LENGTH + 1),
                buffer -> buffer.putInt(HEADER, FRAME_LENGTH + 8),
                buffer -> buffer.putLong(HEADER + FrameDescriptor.POSITION_OFFSET, 8));
        int reported = 0;
        for (final Consumer<UnsafeBuffer> damage : damages) {
            final int length = putFrames(0);
            damage.accept(message);
            assertTrue(receiver.onMessage(message, 0, length), "dropped for good");
            reported++;
            assertEquals(reported, errors.size(), "damage " + reported);
            assertEquals(reported, meters.value(CounterType.REPLICATION_BAD_MESSAGES));
        }
        assertEquals(0, inRing());
    }

    @Test
    void shouldTakeWhatIsSentToAllWhenItIsOfThisCell() {
        transport.multicastKey = 77;
        receiver = receiver();
        final int length = putFrames(0);
        frames().toNode(ReplicatorLimits.ALL_FOLLOWERS).cellKey(77);
        assertTrue(receiver.onMessage(message, 0, length));
        assertEquals(1, inRing());
        putFrames(0);
        assertTrue(receiver.onMessage(message, 0, length));
        assertEquals(1, inRing(), "streams of its own have no key");
        assertEquals(List.of(), errors);

        frames().toNode(ReplicatorLimits.ALL_FOLLOWERS).cellKey(78);
        assertTrue(receiver.onMessage(message, 0, length));
        frames().toNode(2).cellKey(77);
        assertTrue(receiver.onMessage(message, 0, length));
        assertEquals(0, inRing());
        assertEquals(2, errors.size());
    }

    @Test
    void shouldPassOverWhatThisNodeSentToAllItself() {
        transport.multicastKey = 77;
        receiver = receiver();
        final int length = putFrames(0);
        frames().fromNode(2).toNode(ReplicatorLimits.ALL_FOLLOWERS).cellKey(77);
        assertTrue(receiver.onMessage(message, 0, length));
        assertEquals(0, inRing());
        assertEquals(List.of(), errors);
    }

    @Test
    void shouldDropFramesThatReachOverTheEndOfASpan() {
        final int length = putFrames(SPAN_LENGTH - FRAME_LENGTH);
        assertTrue(receiver.onMessage(message, 0, length));
        assertEquals(0, inRing());
        assertEquals(1, errors.size());
    }

    @Property(tries = 2_000)
    void shouldSurviveWhateverComes(@ForAll @Size(max = 200) final byte[] bytes, @ForAll final boolean hasHeader) {
        message.putBytes(0, bytes);
        if (hasHeader) {
            header(1 + (bytes.length % 6), 32 + 8 * (bytes.length % 2));
        }
        assertTrue(receiver.onMessage(message, 0, bytes.length));
        assertEquals(Tuple.of(0, 0), Tuple.of(inRing(), signals));
    }

    @Test
    void shouldKeepFramesInTheirStreamAndRoomForOthersWhenTheRingIsFull() {
        final int length = putFrames(0);
        int taken = 0;
        while (receiver.onMessage(message, 0, length)) {
            taken++;
        }
        assertTrue(taken > 0);
        assertEquals(1, meters.value(CounterType.REPLICATION_RING_FULL));

        final int controlLength = putControl(FollowerAckDecoder.TEMPLATE_ID);
        assertTrue(receiver.onMessage(message, 0, controlLength));
        assertEquals(1, meters.value(CounterType.REPLICATION_RING_FULL));
        assertEquals(taken + 1, inRing());

        final int again = putFrames(0);
        assertTrue(receiver.onMessage(message, 0, again));
    }

    @Test
    void shouldDropControlMessagesWhenEvenTheReserveIsUsed() {
        final int controlLength = putControl(FollowRequestEncoder.TEMPLATE_ID);
        for (int i = 0; i < 2_000; i++) {
            assertTrue(receiver.onMessage(message, 0, controlLength));
        }
        assertTrue(meters.value(CounterType.REPLICATION_RING_FULL) > 0);
        assertFalse(errors.size() > 0);
    }
}
