package io.epona.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

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

            created.get(5, TimeUnit.SECONDS);
            assertEquals(3, controller.image().topic("t").partitions().size());
        }
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
