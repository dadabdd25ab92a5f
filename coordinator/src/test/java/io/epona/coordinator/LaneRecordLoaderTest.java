package io.epona.coordinator;

import static io.epona.coordinator.FakeLane.EPOCH;
import static io.epona.coordinator.FakeLane.PARTITION_INDEX;
import static io.epona.coordinator.FakeLane.batch;
import static io.epona.coordinator.FakeLane.partition;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.epona.partitionlog.PartitionDescription;
import io.epona.partitionlog.PartitionDirectory;
import io.epona.partitionlog.PartitionLogs;
import io.epona.partitionlog.PartitionLogsConfig;
import io.epona.runtime.SystemNodeClock;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.requests.TransactionResult;
import org.apache.kafka.coordinator.common.runtime.CoordinatorLoader.LoadSummary;
import org.apache.kafka.coordinator.common.runtime.CoordinatorPlayback;
import org.apache.kafka.coordinator.common.runtime.Deserializer;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class LaneRecordLoaderTest {
    private static final int ME = 1;
    private static final TopicPartition PARTITION = new TopicPartition(FakeLane.TOPIC, 0);

    @TempDir
    private Path directory;

    private final FakeLane lane = new FakeLane();
    private final List<String> replayed = Collections.synchronizedList(new ArrayList<>());
    private final Tenures tenures = new Tenures(FakeLane.TOPIC, new Tenures.Coordinator() {
        @Override
        public void onElection(final int partition, final int number) {
            // The test loads when it wants to.
        }

        @Override
        public void onResignation(final int partition, final OptionalInt number) {
            // Nothing runs that had to hear of it.
        }
    });
    private PartitionLogs logs;
    private LaneRecordLoader<String> loader;

    private final class Recorder implements CoordinatorPlayback<String> {
        @Override
        public void replay(final long offset, final long producerId, final short producerEpoch, final String record) {
            replayed.add(offset + " " + record);
        }

        @Override
        public void replayEndTransactionMarker(
                final long producerId, final short producerEpoch, final TransactionResult result) {
            replayed.add(result.toString());
        }

        @Override
        public void updateLastWrittenOffset(final long offset) {
            replayed.add("written " + offset);
        }

        @Override
        public void updateLastCommittedOffset(final long offset) {
            replayed.add("committed " + offset);
        }
    }

    @BeforeEach
    void open() {
        final PartitionDescription description = new PartitionDescription(
                PARTITION_INDEX, FakeLane.TOPIC, 0, Uuid.randomUuid(), LogConfig.fromProps(Map.of(), new Properties()));
        final PartitionDirectory partitions = new PartitionDirectory() {
            @Override
            public PartitionDescription partition(final int partitionIndex) {
                return partitionIndex == PARTITION_INDEX ? description : null;
            }

            @Override
            public int partitionIndex(final String topic, final int partition) {
                return PARTITION_INDEX;
            }

            @Override
            public int announcedLimit() {
                return PARTITION_INDEX + 1;
            }

            @Override
            public boolean wasDeleted(final Uuid topicId) {
                return false;
            }
        };
        logs = new PartitionLogs(
                PartitionLogsConfig.defaults(directory),
                partitions,
                new SystemNodeClock(),
                (component, reason) -> {
                    throw new AssertionError(reason);
                },
                failure -> {
                    throw new AssertionError(failure);
                });
        logs.open();
        final Deserializer<String> deserializer =
                (key, value) -> StandardCharsets.UTF_8.decode(value).toString();
        loader = new LaneRecordLoader<>(lane.appends, logs, tenures, deserializer, 1024, "test-loader-");
    }

    @AfterEach
    void close() {
        loader.close();
        logs.close();
    }

    private CompletableFuture<LoadSummary> load() {
        return loader.load(PARTITION, new Recorder());
    }

    private void append(final int partitionIndex, final String... values) {
        lane.append(partitionIndex, batch(values).buffer());
    }

    @Test
    void shouldLoadWhatIsCommittedOfItsPartitionAlone() throws Exception {
        append(PARTITION_INDEX, "a", "b");
        append(PARTITION_INDEX + 1, "another's");
        append(PARTITION_INDEX, "c");
        lane.lead(EPOCH);
        tenures.follow(ME, List.of(partition(ME, EPOCH)));
        assertEquals(3, load().get().numRecords());
        assertEquals(List.of("0 a", "1 b", "2 c", "written 3", "committed 3"), replayed);
        assertNotNull(tenures.active(0));
    }

    @Test
    void shouldWaitWhenTheLaneIsNotComplete() throws Exception {
        append(PARTITION_INDEX, "a");
        tenures.follow(ME, List.of(partition(ME, EPOCH)));
        final CompletableFuture<LoadSummary> loading = load();
        // It leads, but what begins its tenure is not committed.
        final long begin = lane.position;
        append(PARTITION_INDEX + 1, "the tenure's first");
        lane.role.readyPosition().setRelease(lane.position);
        lane.counters.committed().setRelease(begin);
        lane.role.leadingEpoch().setRelease(EPOCH);
        assertThrows(TimeoutException.class, () -> loading.get(100, TimeUnit.MILLISECONDS));
        assertEquals(List.of(), replayed);
        lane.commitAll();
        assertEquals(1, loading.get().numRecords());
    }

    @Test
    void shouldLoadWhatWasAppendedBeforeItBeganWhenItIsCommittedLater() throws Exception {
        lane.lead(EPOCH);
        append(PARTITION_INDEX, "not committed yet");
        tenures.follow(ME, List.of(partition(ME, EPOCH)));
        final CompletableFuture<LoadSummary> loading = load();
        assertThrows(TimeoutException.class, () -> loading.get(100, TimeUnit.MILLISECONDS));
        lane.commitAll();
        assertEquals(1, loading.get().numRecords());
    }

    @Test
    void shouldNeverEndWhenItsTenureIsOver() {
        tenures.follow(ME, List.of(partition(ME, EPOCH)));
        final CompletableFuture<LoadSummary> loading = load();
        tenures.follow(ME, List.of(partition(2, EPOCH + 1)));
        lane.lead(EPOCH);
        assertThrows(TimeoutException.class, () -> loading.get(100, TimeUnit.MILLISECONDS));
        assertFalse(loading.isDone());
        assertNull(tenures.active(0));
    }

    @Test
    void shouldReadOnWhenTheRingComesRoundWhileNothingIsDrained() throws Exception {
        for (int i = 0; i < 300; i++) {
            append(PARTITION_INDEX, "value " + i);
        }
        lane.lead(EPOCH);
        tenures.follow(ME, List.of(partition(ME, EPOCH)));
        assertEquals(300, load().get().numRecords());
        assertEquals("299 value 299", replayed.get(299));
    }

    @Test
    void shouldFailAndBeginAnewWhenARecordCannotBeRead() {
        final LaneRecordLoader<String> failing = new LaneRecordLoader<>(
                lane.appends,
                logs,
                tenures,
                (final ByteBuffer key, final ByteBuffer value) -> {
                    throw new IllegalStateException("not readable");
                },
                1024,
                "failing-loader-");
        try (failing) {
            append(PARTITION_INDEX, "a");
            lane.lead(EPOCH);
            tenures.follow(ME, List.of(partition(ME, EPOCH)));
            final var failure = assertThrows(
                    java.util.concurrent.ExecutionException.class,
                    () -> failing.load(PARTITION, new Recorder()).get());
            assertEquals("not readable", failure.getCause().getMessage());
            assertEquals(1, failing.failures());
        }
    }
}
