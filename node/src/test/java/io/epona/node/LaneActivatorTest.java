package io.epona.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.codec.lane.LaneReplyEncoder;
import io.epona.codec.lane.LaneResult;
import io.epona.codec.lane.OpenPartitionCommandDecoder;
import io.epona.controller.ControllerConfig;
import io.epona.controller.ControllerContext;
import io.epona.controller.ControllerLimits;
import io.epona.controller.LocalController;
import io.epona.controller.NewTopicSpec;
import io.epona.controller.TopicDefaults;
import io.epona.runtime.NodeCounters;
import io.epona.runtime.Signal;
import io.epona.runtime.SystemNodeClock;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.RingBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class LaneActivatorTest {
    private static final int RING_LENGTH = 64 * 1024;

    @TempDir
    private Path directory;

    @Test
    void shouldNotWaitForLanesThatHaveEnded() throws Exception {
        final SystemNodeClock clock = new SystemNodeClock();
        final CountDownLatch offered = new CountDownLatch(1);
        final Signal wakeLane = offered::countDown;
        final RingBuffer commands = Rings.manyToOne(RING_LENGTH);
        try (ExecutorService executor = Executors.newSingleThreadExecutor();
                NodeCounters counters =
                        NodeCounters.create(directory.resolve("counters"), NodeCounters.Settings.defaults(1), clock);
                LocalController controller = controller(executor)) {
            final Surroundings node =
                    new Surroundings(null, null, null, null, clock, counters, null, controller, null, null);
            final LaneActivator activator = LaneActivator.create(
                    node, 0, List.of(new LaneRings(commands, null, null, null, null)), laneId -> wakeLane);
            controller.activatePartitionsWith(activator);

            final var created = controller.createTopics(List.of(NewTopicSpec.withPartitions("t", 3)), false);
            offered.await();
            assertFalse(created.isDone());
            activator.lanesEnded();

            created.get(60, TimeUnit.SECONDS);
            assertEquals(3, controller.image().topic("t").partitions().size());
        }
    }

    @Test
    void shouldWaitForALaneWithoutRoomHoweverLongThatTakes() throws Exception {
        final SystemNodeClock clock = new SystemNodeClock();
        final RingBuffer commands = Rings.manyToOne(RING_LENGTH);
        final UnsafeBuffer filler = new UnsafeBuffer(new byte[1_000]);
        int fillerCount = 0;
        while (commands.write(1, filler, 0, filler.capacity())) {
            fillerCount++;
        }
        try (ExecutorService executor = Executors.newSingleThreadExecutor();
                NodeCounters counters =
                        NodeCounters.create(directory.resolve("counters"), NodeCounters.Settings.defaults(1), clock);
                LocalController controller = controller(executor)) {
            final Surroundings node =
                    new Surroundings(null, null, null, null, clock, counters, null, controller, null, null);
            final long patienceNs = TimeUnit.MILLISECONDS.toNanos(5);
            final LaneActivator activator = LaneActivator.create(
                    node,
                    0,
                    List.of(new LaneRings(commands, null, null, null, null)),
                    laneId -> Signal.NONE,
                    patienceNs);
            controller.activatePartitionsWith(activator);
            final var created = controller.createTopics(List.of(NewTopicSpec.withPartitions("t", 3)), false);
            assertThrows(TimeoutException.class, () -> created.get(40 * patienceNs, TimeUnit.NANOSECONDS));

            assertEquals(fillerCount, commands.read((type, buffer, index, length) -> {}, fillerCount));
            final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
            int opened = 0;
            while (opened < 3 && System.nanoTime() - deadlineNs < 0) {
                opened += commands.read((type, buffer, index, length) -> answer(activator, buffer, index));
            }
            created.get(30, TimeUnit.SECONDS);
            assertEquals(3, controller.image().topic("t").partitions().size());
        }
    }

    private static void answer(final LaneActivator activator, final MutableDirectBuffer buffer, final int index) {
        final OpenPartitionCommandDecoder open =
                new OpenPartitionCommandDecoder().wrap(buffer, index, OpenPartitionCommandDecoder.BLOCK_LENGTH, 0);
        final UnsafeBuffer reply = new UnsafeBuffer(new byte[LaneReplyEncoder.BLOCK_LENGTH]);
        new LaneReplyEncoder()
                .wrap(reply, 0)
                .correlationId(open.correlationId())
                .partitionIndex(open.partitionIndex())
                .result(LaneResult.OK);
        assertTrue(activator.asGateway().replies().write(LaneReplyEncoder.TEMPLATE_ID, reply, 0, reply.capacity()));
    }

    private LocalController controller(final ExecutorService executor) {
        return LocalController.open(
                new ControllerConfig(
                        directory.resolve("metadata"),
                        1,
                        1,
                        Node.LEADER_EPOCH,
                        TopicDefaults.STANDARD,
                        Map.of(),
                        ControllerLimits.COMPACTION_LENGTH),
                new ControllerContext(executor, reason -> {}));
    }
}
