package io.epona.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.codec.FrameDescriptor;
import io.epona.codec.FrameEncoder;
import io.epona.controller.ControllerConfig;
import io.epona.controller.ControllerContext;
import io.epona.controller.LocalController;
import io.epona.controller.NewTopicSpec;
import io.epona.controller.PartitionInfo;
import io.epona.gateway.log.AbortedTransaction;
import io.epona.gateway.log.FrameIndex;
import io.epona.gateway.log.InitialTransactions;
import io.epona.gateway.log.LaneView;
import io.epona.journal.LogRing;
import io.epona.partitionlog.LogTransactions;
import io.epona.runtime.LaneCounters;
import io.epona.runtime.LaneRole;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What gateways know of aborted transactions after a start, wherever drain and checkpoint were. */
@Timeout(120)
class EndedTransactionsTest {
    private static final int RING_LENGTH = 1 << 20;
    private static final int PARTITIONS = 2;
    private static final int PRODUCERS = 3;

    @TempDir
    private Path directory;

    private LocalController controller;
    private final LogRing ring = LogRing.allocate(RING_LENGTH);
    private final FrameEncoder encoder = new FrameEncoder();
    private final List<Frame> frames = new ArrayList<>();
    private long endPosition;

    /** A frame, and of a marker the transaction that it ends. */
    private record Frame(
            int partition, long position, long offset, long producerId, Transaction ended, boolean isMarker) {}

    private record Transaction(int partition, long producerId, long firstOffset, long markerOffset, boolean isAborted) {
        AbortedTransaction asAborted() {
            return new AbortedTransaction(producerId, firstOffset, markerOffset);
        }
    }

    @BeforeEach
    void start() {
        controller = LocalController.open(
                ControllerConfig.singleLane(directory, 1), new ControllerContext(Runnable::run, error -> {}));
        controller
                .createTopics(List.of(NewTopicSpec.withPartitions("t", PARTITIONS)), false)
                .join();
    }

    @AfterEach
    void stop() {
        controller.close();
    }

    private PartitionInfo partition(final int partition) {
        return controller.image().topic("t").partition(partition);
    }

    private int number(final int partitionIndex) {
        return partitionIndex == partition(0).partitionIndex() ? 0 : 1;
    }

    private void write(final Random random, final int count) {
        final long[] offsets = new long[PARTITIONS];
        final List<Map<Long, Long>> open = List.of(new HashMap<>(), new HashMap<>());
        for (int i = 0; i < count; i++) {
            final int partition = random.nextInt(PARTITIONS);
            final long producerId = random.nextInt(PRODUCERS);
            final long offset = offsets[partition]++;
            if (random.nextInt(3) > 0) {
                open.get(partition).putIfAbsent(producerId, offset);
                write(partition, offset, producerId, null, false, data(producerId));
            } else {
                final boolean isAbort = random.nextBoolean();
                final Long first = open.get(partition).remove(producerId);
                final Transaction ended =
                        first == null ? null : new Transaction(partition, producerId, first, offset, isAbort);
                write(partition, offset, producerId, ended, true, marker(producerId, isAbort));
            }
        }
    }

    private static MemoryRecords data(final long producerId) {
        return MemoryRecords.withTransactionalRecords(
                Compression.NONE, producerId, (short) 0, 0, new SimpleRecord(new byte[10]));
    }

    private static MemoryRecords marker(final long producerId, final boolean isAbort) {
        return MemoryRecords.withEndTransactionMarker(
                producerId,
                (short) 0,
                new EndTransactionMarker(isAbort ? ControlRecordType.ABORT : ControlRecordType.COMMIT, 1));
    }

    private void write(
            final int partition,
            final long offset,
            final long producerId,
            final Transaction ended,
            final boolean isMarker,
            final MemoryRecords records) {
        final ByteBuffer bytes = records.buffer();
        final int at = ring.offset(endPosition);
        ring.buffer().putBytes(at + FrameDescriptor.PAYLOAD_OFFSET, bytes, 0, bytes.remaining());
        final int length = bytes.remaining();
        encoder.encodeRecords(
                ring.buffer(), at, endPosition, length, 1, partition(partition).partitionIndex(), offset, 0, 0, 0, 0);
        frames.add(new Frame(partition, endPosition, offset, producerId, ended, isMarker));
        endPosition =
                FrameDescriptor.nextFramePosition(endPosition, FrameDescriptor.HEADER_LENGTH + length, RING_LENGTH);
    }

    /** What a log knows that ends at an offset. */
    private LogTransactions inLog(final int partition, final long endOffset, final long markersFrom) {
        final Map<Long, Long> open = new HashMap<>();
        final List<LogTransactions.Aborted> aborted = new ArrayList<>();
        for (final Frame frame : frames) {
            if (frame.partition() == partition && frame.offset() < endOffset) {
                if (!frame.isMarker()) {
                    open.putIfAbsent(frame.producerId(), frame.offset());
                } else if (open.remove(frame.producerId()) != null
                        && frame.ended().isAborted()
                        && frame.offset() >= markersFrom) {
                    aborted.add(new LogTransactions.Aborted(
                            frame.producerId(), frame.ended().firstOffset(), frame.offset()));
                }
            }
        }
        return new LogTransactions(endOffset, open, aborted);
    }

    /** Recovers as a lane does whose frames are drained up to one and applied up to another. */
    private InitialTransactions recover(final long drained, final long applied, final long[] logEnds) {
        final EndedTransactions ended = new EndedTransactions(0, drained, applied);
        final UnsafeBuffer buffer = new UnsafeBuffer(ring.buffer());
        for (final Frame frame : frames) {
            ended.onFrame(buffer, ring.offset(frame.position()), 0, frame.position());
            if (frame.ended() != null && frame.position() >= applied) {
                ended.onEnded(
                        partition(frame.partition()).partitionIndex(),
                        frame.producerId(),
                        frame.ended().firstOffset(),
                        frame.offset(),
                        frame.position());
            }
        }
        final List<InitialTransactions.Ended> all = ended.since(drained, (partitionIndex, markersFrom) -> {
            final int number = number(partitionIndex);
            return inLog(number, logEnds[number], markersFrom);
        });
        return new InitialTransactions(List.of(), all);
    }

    private FrameIndex index(final InitialTransactions initial, final long drained) {
        final LaneCounters counters = LaneCounters.onHeap();
        counters.setAll(endPosition);
        counters.drained().setRelease(drained);
        return new FrameIndex(
                List.of(new LaneView(0, ring, RING_LENGTH, counters, LaneRole.onHeap())),
                partitionIndex -> endOffset(number(partitionIndex), frames.size()),
                initial,
                controller.image(),
                (lane, at) -> {});
    }

    private List<AbortedTransaction> known(final InitialTransactions initial, final long drained, final int partition) {
        return index(initial, drained).tail(partition(partition)).abortedWithin(0, Long.MAX_VALUE);
    }

    private List<AbortedTransaction> expected(final long drained, final int partition) {
        return frames.stream()
                .filter(frame -> frame.partition() == partition
                        && frame.position() >= drained
                        && frame.ended() != null
                        && frame.ended().isAborted())
                .map(frame -> frame.ended().asAborted())
                .sorted(Comparator.comparingLong(AbortedTransaction::firstOffset))
                .toList();
    }

    @Test
    void shouldKnowTheBeginningOfEachAbortedTransactionWhereverDrainAndCheckpointWere() {
        final Random random = new Random(7);
        write(random, 400);
        int found = 0;
        for (int round = 0; round < 300; round++) {
            final int first = random.nextInt(frames.size());
            final int drainLimit = first + random.nextInt(frames.size() - first);
            final long applied = frames.get(random.nextInt(frames.size())).position();
            final long drained = frames.get(first).position();
            // A drain that was under way has got further in one log than in the other.
            final long[] logEnds = {endOffset(0, first), endOffset(1, drainLimit)};
            final InitialTransactions initial = recover(drained, applied, logEnds);
            for (int partition = 0; partition < PARTITIONS; partition++) {
                final String where = "drained=" + drained + ", applied=" + applied + ", log end=" + logEnds[partition];
                final List<AbortedTransaction> expected = expected(drained, partition);
                assertEquals(expected, known(initial, drained, partition), where);
                found += expected.size();
            }
        }
        assertTrue(found > 1_000);
    }

    @Test
    void shouldKnowThemAgainWhenTheLogIsAskedAfterFramesWereMissed() {
        final Random random = new Random(9);
        write(random, 400);
        for (int round = 0; round < 100; round++) {
            final int first = random.nextInt(frames.size());
            final long drained = frames.get(first).position();
            final FrameIndex index = index(InitialTransactions.NONE, drained);
            for (int partition = 0; partition < PARTITIONS; partition++) {
                final int partitionIndex = partition(partition).partitionIndex();
                final long logEnd = endOffset(partition, first + random.nextInt(frames.size() - first));
                final long inMemory = index.firstOffsetInMemory(partitionIndex);
                assertTrue(index.resetTransactions(partitionIndex, 0, inLog(partition, logEnd, inMemory)));
                assertEquals(
                        expected(drained, partition),
                        index.tail(partition(partition)).abortedWithin(0, Long.MAX_VALUE),
                        "drained=" + drained + ", log end=" + logEnd);
            }
        }
    }

    private long endOffset(final int partition, final int frameCount) {
        return frames.stream()
                .limit(frameCount)
                .filter(frame -> frame.partition() == partition)
                .count();
    }
}
