package io.epona.coordinator;

import io.epona.codec.FrameDescriptor;
import io.epona.codec.lane.AppendCommandDecoder;
import io.epona.codec.lane.LaneReplyEncoder;
import io.epona.codec.lane.LaneResult;
import io.epona.controller.LaneInfo;
import io.epona.controller.PartitionInfo;
import io.epona.journal.LogRing;
import io.epona.runtime.LaneCounters;
import io.epona.runtime.LaneRole;
import io.epona.runtime.NodeClock;
import io.epona.runtime.Signal;
import io.epona.runtime.SystemNodeClock;
import io.epona.sequencer.LaneProxy;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.ManyToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RingBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;
import org.agrona.concurrent.status.AtomicCounter;
import org.agrona.concurrent.status.CountersReader;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;

/** A lane of one partition, played by the test: it answers when it is told to, and its positions are set by hand. */
final class FakeLane {
    static final String TOPIC = "__consumer_offsets";
    static final int PARTITION_INDEX = 5;
    static final int EPOCH = 3;
    static final int RING_LENGTH = 64 * 1024;
    private static final int COMMANDS_LENGTH = 16 * 1024;
    private static final int REPLIES_LENGTH = 1024;
    private static final Uuid TOPIC_ID = Uuid.randomUuid();

    final LogRing ring = LogRing.allocate(RING_LENGTH);
    final LaneCounters counters = LaneCounters.onHeap();
    final LaneRole role = LaneRole.onHeap();
    final RingBuffer commands = ring(COMMANDS_LENGTH);
    final RingBuffer replies = ring(REPLIES_LENGTH);
    final CoordinatorLane lane = new CoordinatorLane(
            0,
            ring,
            RING_LENGTH,
            counters,
            role,
            new LaneProxy(
                    0,
                    commands,
                    Signal.NONE,
                    new AtomicCounter(new UnsafeBuffer(ByteBuffer.allocateDirect(CountersReader.COUNTER_LENGTH)), 0)));
    final LaneAppends appends = new LaneAppends(List.of(lane), replies, clock());
    long nextOffset;
    long position;

    private final AppendCommandDecoder command = new AppendCommandDecoder();
    private final LaneReplyEncoder reply = new LaneReplyEncoder();

    private static NodeClock clock() {
        return new SystemNodeClock();
    }

    private static RingBuffer ring(final int length) {
        return new ManyToOneRingBuffer(
                new UnsafeBuffer(ByteBuffer.allocateDirect(length + RingBufferDescriptor.TRAILER_LENGTH)));
    }

    /** The node leads; all that was appended is committed. */
    void lead(final int epoch) {
        role.readyPosition().setRelease(position);
        counters.appended().setRelease(position);
        counters.committed().setRelease(position);
        role.leadingEpoch().setRelease(epoch);
    }

    void commitAll() {
        counters.committed().setRelease(position);
    }

    /** Takes all commands: appends those of the epoch, refuses others. Returns how many there were. */
    int takeAll(final int epoch) {
        return commands.read((type, buffer, offset, length) -> {
            command.wrap(buffer, offset, AppendCommandDecoder.BLOCK_LENGTH, AppendCommandDecoder.SCHEMA_VERSION);
            final int batch = offset + AppendCommandDecoder.BLOCK_LENGTH;
            if (command.leaderEpoch() != epoch) {
                answer(command.correlationId(), LaneResult.FENCED, -1);
                return;
            }
            final byte[] bytes = new byte[command.batchLength()];
            buffer.getBytes(batch, bytes);
            final long baseOffset = append(command.partitionIndex(), ByteBuffer.wrap(bytes));
            answer(command.correlationId(), LaneResult.OK, baseOffset);
        });
    }

    /** What the test has a lane say to a batch. */
    @FunctionalInterface
    interface Judge {
        LaneResult judge(int partitionIndex, int leaderEpoch, MutableRecordBatch batch);
    }

    /** Who asked for the newest batch that was judged, see {@link io.epona.sequencer.AppendOrigin}. */
    int newestOrigin;

    /** Fewest in-sync replicas for the newest batch that was judged. */
    int newestMinInSync;

    /** Takes all commands, and appends those to which the judge says OK. Returns how many there were. */
    int judgeAll(final Judge judge) {
        return commands.read((type, buffer, offset, length) -> {
            command.wrap(buffer, offset, AppendCommandDecoder.BLOCK_LENGTH, AppendCommandDecoder.SCHEMA_VERSION);
            final byte[] bytes = new byte[command.batchLength()];
            buffer.getBytes(offset + AppendCommandDecoder.BLOCK_LENGTH, bytes);
            final MutableRecordBatch batch = MemoryRecords.readableRecords(ByteBuffer.wrap(bytes))
                    .batches()
                    .iterator()
                    .next();
            newestOrigin = command.origin();
            newestMinInSync = command.minInSync();
            final LaneResult result = judge.judge(command.partitionIndex(), command.leaderEpoch(), batch);
            final long baseOffset =
                    result == LaneResult.OK ? append(command.partitionIndex(), ByteBuffer.wrap(bytes)) : -1;
            answer(command.correlationId(), result, baseOffset);
        });
    }

    /** Refuses all commands. */
    int refuseAll(final LaneResult result) {
        return commands.read((type, buffer, offset, length) -> {
            command.wrap(buffer, offset, AppendCommandDecoder.BLOCK_LENGTH, AppendCommandDecoder.SCHEMA_VERSION);
            answer(command.correlationId(), result, -1);
        });
    }

    private void answer(final long correlationId, final LaneResult result, final long baseOffset) {
        final int claim = replies.tryClaim(LaneReplyEncoder.TEMPLATE_ID, LaneReplyEncoder.BLOCK_LENGTH);
        reply.wrap(replies.buffer(), claim)
                .correlationId(correlationId)
                .baseOffset(baseOffset)
                .endPosition(position)
                .sequencedTimeNs(0)
                .partitionIndex(PARTITION_INDEX)
                .leaderEpoch(EPOCH)
                .laneId(0)
                .result(result)
                .reserved((short) 0)
                .verification(0);
        replies.commit(claim);
    }

    /** Writes a frame, as a lane does, with as much of its header as readers look at. */
    long append(final int partitionIndex, final ByteBuffer batch) {
        final MemoryRecords records = MemoryRecords.readableRecords(batch);
        final long baseOffset = nextOffset;
        final int count = (int) records.batches().iterator().next().lastOffset() + 1;
        batch.putLong(0, baseOffset);
        final int offset = ring.offset(position);
        final int frameLength = FrameDescriptor.PAYLOAD_OFFSET + batch.remaining();
        ring.buffer().putInt(offset + FrameDescriptor.FRAME_LENGTH_OFFSET, frameLength);
        ring.buffer().putLong(offset + FrameDescriptor.POSITION_OFFSET, position);
        ring.buffer().putByte(offset + FrameDescriptor.TYPE_OFFSET, FrameDescriptor.TYPE_RECORDS);
        ring.buffer().putInt(offset + FrameDescriptor.PARTITION_INDEX_OFFSET, partitionIndex);
        ring.buffer().putLong(offset + FrameDescriptor.BASE_OFFSET_OFFSET, baseOffset);
        ring.buffer().putInt(offset + FrameDescriptor.LAST_OFFSET_DELTA_OFFSET, count - 1);
        ring.buffer().putBytes(offset + FrameDescriptor.PAYLOAD_OFFSET, batch, 0, batch.remaining());
        position = FrameDescriptor.nextFramePosition(position, frameLength, RING_LENGTH);
        counters.appended().setRelease(position);
        if (partitionIndex == PARTITION_INDEX) {
            nextOffset += count;
        }
        return baseOffset;
    }

    static MemoryRecords batch(final String... values) {
        final SimpleRecord[] records = new SimpleRecord[values.length];
        for (int i = 0; i < values.length; i++) {
            records[i] = new SimpleRecord(values[i].getBytes(StandardCharsets.UTF_8));
        }
        return MemoryRecords.withRecords(Compression.NONE, records);
    }

    /** The partition when a node leads its lane. */
    static PartitionInfo partition(final int leader, final int epoch) {
        return new PartitionInfo(
                new TopicIdPartition(TOPIC_ID, 0, TOPIC),
                PARTITION_INDEX,
                new LaneInfo(0, leader, epoch, epoch, List.of(1, 2, 3), List.of(1, 2, 3)));
    }
}
