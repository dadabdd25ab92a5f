package io.epona.gateway.offsets;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.codec.FrameDescriptor;
import io.epona.codec.FrameEncoder;
import io.epona.codec.RecordBatchDescriptor;
import io.epona.controller.BrokerRegistration;
import io.epona.controller.ControllerConfig;
import io.epona.controller.ControllerContext;
import io.epona.controller.ControllerLimits;
import io.epona.controller.Endpoint;
import io.epona.controller.LocalController;
import io.epona.controller.NewTopicSpec;
import io.epona.controller.PartitionInfo;
import io.epona.controller.TopicDefaults;
import io.epona.gateway.RequestContext;
import io.epona.gateway.log.FrameIndex;
import io.epona.gateway.log.InitialTransactions;
import io.epona.gateway.log.LaneView;
import io.epona.journal.LogRing;
import io.epona.partitionlog.PartitionDescription;
import io.epona.partitionlog.PartitionDirectory;
import io.epona.partitionlog.PartitionLogs;
import io.epona.partitionlog.PartitionLogsConfig;
import io.epona.partitionlog.ShelfAgent;
import io.epona.partitionlog.ShelfConfig;
import io.epona.partitionlog.ShelfContext;
import io.epona.runtime.LaneCounters;
import io.epona.runtime.LaneRole;
import io.epona.runtime.SystemNodeClock;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import org.agrona.concurrent.UnsafeBuffer;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderPartition;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderTopic;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData.EpochEndOffset;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Where epochs end, over a partition that had several leaders: the test writes the frames, has some of them drained
 * into the partition's log, and compares with Kafka's rule over all of them.
 */
@Timeout(120)
class EpochHistoryTest {
    private static final int RING_LENGTH = 1024 * 1024;
    private static final int CURRENT_EPOCH = 12;
    private static final int UNKNOWN = -1;

    @TempDir
    private Path directory;

    private final LogRing ring = LogRing.allocate(RING_LENGTH);
    private final LaneCounters counters = LaneCounters.onHeap();
    private final LaneRole role = LaneRole.onHeap();
    private final FrameEncoder encoder = new FrameEncoder();
    private final SystemNodeClock clock = new SystemNodeClock();
    private final List<Throwable> errors = new ArrayList<>();
    private final Queue<Runnable> tasks = new ArrayDeque<>();
    private final List<int[]> batches = new ArrayList<>();
    private LocalController controller;
    private PartitionLogs logs;
    private ShelfAgent shelf;
    private FrameIndex index;
    private OffsetForLeaderEpochHandler handler;
    private PartitionInfo partition;
    private long position;
    private int nextOffset;

    @BeforeEach
    void start() {
        controller = LocalController.open(
                new ControllerConfig(
                        directory.resolve("metadata"),
                        1,
                        1,
                        CURRENT_EPOCH,
                        TopicDefaults.STANDARD,
                        Map.of(),
                        ControllerLimits.COMPACTION_LENGTH),
                new ControllerContext(Runnable::run, errors::add));
        final Endpoint endpoint = new Endpoint("PLAINTEXT", "localhost", 9092, SecurityProtocol.PLAINTEXT);
        controller
                .registerBroker(new BrokerRegistration(List.of(endpoint), null))
                .join();
        controller
                .createTopics(List.of(NewTopicSpec.withPartitions("t", 1)), false)
                .join();
        partition = controller.image().partition("t", 0);
        logs = new PartitionLogs(
                PartitionLogsConfig.defaults(directory.resolve("logs")),
                new Directory(),
                clock,
                (component, reason) -> errors.add(reason),
                errors::add);
        logs.open();
        shelf = new ShelfAgent(
                new ShelfContext(
                        0, ring, RING_LENGTH, counters, logs, clock, (component, reason) -> errors.add(reason)),
                ShelfConfig.defaults(RING_LENGTH, 8L * RING_LENGTH));
        role.inSync().setRelease(1);
        role.readyPosition().setRelease(0);
        role.leadingEpoch().setRelease(CURRENT_EPOCH);
        index = new FrameIndex(
                List.of(new LaneView(0, ring, RING_LENGTH, counters, role)),
                partitionIndex -> 0,
                InitialTransactions.NONE,
                controller.image(),
                (lane, at) -> errors.add(new IllegalStateException("overrun")));
        handler = new OffsetForLeaderEpochHandler(controller, index, clock, logs, tasks::add);
    }

    @AfterEach
    void stop() {
        shelf.onClose();
        logs.close();
        controller.close();
        assertTrue(errors.isEmpty(), errors::toString);
    }

    private final class Directory implements PartitionDirectory {
        @Override
        public PartitionDescription partition(final int partitionIndex) {
            return partitionIndex != partition.partitionIndex()
                    ? null
                    : new PartitionDescription(
                            partitionIndex,
                            "t",
                            0,
                            partition.topicId(),
                            controller.image().topic("t").config());
        }

        @Override
        public int partitionIndex(final String topic, final int number) {
            return topic.equals("t") && number == 0 ? partition.partitionIndex() : -1;
        }
    }

    private void write(final int epoch, final int recordCount) {
        final SimpleRecord[] records = new SimpleRecord[recordCount];
        for (int i = 0; i < recordCount; i++) {
            records[i] = new SimpleRecord(clock.epochMs(), new byte[10]);
        }
        final ByteBuffer bytes = MemoryRecords.withRecords(
                        (byte) 2, 0, Compression.NONE, TimestampType.CREATE_TIME, records)
                .buffer();
        final int offset = ring.offset(position);
        final UnsafeBuffer batch = new UnsafeBuffer(bytes);
        final int length = bytes.remaining();
        ring.buffer().putBytes(offset + FrameDescriptor.PAYLOAD_OFFSET, batch, 0, length);
        final int payload = offset + FrameDescriptor.PAYLOAD_OFFSET;
        RecordBatchDescriptor.stampBaseOffset(ring.buffer(), payload, nextOffset);
        RecordBatchDescriptor.stampPartitionLeaderEpoch(ring.buffer(), payload, epoch);
        final long nowNs = clock.epochNs();
        encoder.encodeRecords(
                ring.buffer(),
                offset,
                position,
                length,
                epoch,
                partition.partitionIndex(),
                nextOffset,
                recordCount - 1,
                nowNs,
                nowNs,
                position);
        batches.add(new int[] {epoch, nextOffset});
        nextOffset += recordCount;
        position = FrameDescriptor.nextFramePosition(position, FrameDescriptor.HEADER_LENGTH + length, RING_LENGTH);
    }

    private void commit() {
        counters.appended().setRelease(position);
        counters.durable().setRelease(position);
        counters.checkpointApplied().setRelease(position);
        counters.checkpointed().setRelease(position);
        counters.committed().setRelease(position);
    }

    private void drain() throws Exception {
        shelf.requestDrain();
        while (counters.drained().get() < counters.committed().get()) {
            shelf.doWork();
        }
    }

    private EpochEndOffset ask(final int epoch) {
        final OffsetForLeaderEpochRequestData request = new OffsetForLeaderEpochRequestData();
        request.topics()
                .add(new OffsetForLeaderTopic()
                        .setTopic("t")
                        .setPartitions(List.of(
                                new OffsetForLeaderPartition().setPartition(0).setLeaderEpoch(epoch))));
        final Answer answer = new Answer();
        handler.handle(answer, request);
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
        }
        return ((OffsetForLeaderEpochResponseData) answer.response)
                .topics()
                .iterator()
                .next()
                .partitions()
                .getFirst();
    }

    /** Kafka's rule, over all batches and the epoch that is current. */
    private EpochEndOffset expected(final int asked) {
        if (asked > CURRENT_EPOCH || asked < 0) {
            return new EpochEndOffset().setLeaderEpoch(UNKNOWN).setEndOffset(UNKNOWN);
        }
        if (asked == CURRENT_EPOCH) {
            return new EpochEndOffset().setLeaderEpoch(asked).setEndOffset(nextOffset);
        }
        int floor = asked;
        for (final int[] batch : batches) {
            if (batch[0] > asked) {
                return new EpochEndOffset().setLeaderEpoch(floor).setEndOffset(batch[1]);
            }
            floor = batch[0];
        }
        return new EpochEndOffset().setLeaderEpoch(floor).setEndOffset(nextOffset);
    }

    private void check(final String where) {
        for (int epoch = -1; epoch <= CURRENT_EPOCH + 2; epoch++) {
            final EpochEndOffset answer = ask(epoch);
            final String what = where + ", epoch=" + epoch;
            assertEquals(Errors.NONE.code(), answer.errorCode(), what);
            assertEquals(expected(epoch).leaderEpoch(), answer.leaderEpoch(), what);
            assertEquals(expected(epoch).endOffset(), answer.endOffset(), what);
        }
    }

    @Test
    void shouldTellEndsInAnEmptyPartition() {
        check("empty");
    }

    @RepeatedTest(20)
    void shouldTellEndsOutOfLogAndMemoryTogether() throws Exception {
        final long seed = System.nanoTime();
        final Random random = new Random(seed);
        int epoch = random.nextInt(3);
        for (int step = 0; step < 25; step++) {
            epoch = Math.min(CURRENT_EPOCH, epoch + (random.nextInt(3) == 0 ? 1 + random.nextInt(3) : 0));
            write(epoch, 1 + random.nextInt(3));
            if (random.nextBoolean()) {
                commit();
                if (random.nextInt(4) == 0) {
                    drain();
                }
                check("seed=" + seed + ", step=" + step);
            }
        }
        commit();
        check("seed=" + seed + ", at the end");
        drain();
        check("seed=" + seed + ", drained");
    }

    @Test
    void shouldAskTheLogAgainWhenItTakesOverFromMemoryMeanwhile() throws Exception {
        write(3, 2);
        write(5, 2);
        commit();
        final Answer answer = new Answer();
        final OffsetForLeaderEpochRequestData request = new OffsetForLeaderEpochRequestData();
        request.topics()
                .add(new OffsetForLeaderTopic()
                        .setTopic("t")
                        .setPartitions(List.of(
                                new OffsetForLeaderPartition().setPartition(0).setLeaderEpoch(3))));
        handler.handle(answer, request);
        tasks.remove().run(); // the log has nothing yet
        // Then the log gets all of it, and memory forgets where it began.
        while (FrameDescriptor.remainingInSpan(position, RING_LENGTH) > 64 * 1024) {
            write(7, 1_000);
            commit();
            index.poll(1);
        }
        drain();
        write(7, 1);
        commit();
        index.poll(2);
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
        }
        final EpochEndOffset end = ((OffsetForLeaderEpochResponseData) answer.response)
                .topics()
                .iterator()
                .next()
                .partitions()
                .getFirst();
        assertEquals(Errors.NONE.code(), end.errorCode());
        assertEquals(3, end.leaderEpoch());
        assertEquals(2, end.endOffset());
    }

    private final class Answer implements RequestContext {
        private ApiMessage response;

        @Override
        public ApiKeys apiKey() {
            return ApiKeys.OFFSET_FOR_LEADER_EPOCH;
        }

        @Override
        public short apiVersion() {
            return apiKey().latestVersion();
        }

        @Override
        public int correlationId() {
            return 1;
        }

        @Override
        public String clientId() {
            return "test";
        }

        @Override
        public String listenerName() {
            return "PLAINTEXT";
        }

        @Override
        public InetSocketAddress localAddress() {
            return InetSocketAddress.createUnresolved("localhost", 9092);
        }

        @Override
        public InetSocketAddress remoteAddress() {
            return InetSocketAddress.createUnresolved("localhost", 50_000);
        }

        @Override
        public long ingressTimeNs() {
            return 0;
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void respond(final ApiMessage answer) {
            response = answer;
        }

        @Override
        public void fail(final Throwable error) {
            throw new IllegalStateException(error);
        }

        @Override
        public Executor gatewayThread() {
            return tasks::add;
        }

        @Override
        public <T> void onGatewayThread(
                final CompletionStage<T> stage, final BiConsumer<? super T, ? super Throwable> then) {
            stage.whenComplete((value, error) -> tasks.add(() -> then.accept(value, error)));
        }
    }
}
