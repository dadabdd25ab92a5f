package io.epona.controller;

import static io.epona.controller.NewTopicSpec.withDefaults;
import static io.epona.controller.NewTopicSpec.withPartitions;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.NotControllerException;
import org.apache.kafka.common.errors.ThrottlingQuotaExceededException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.server.common.ProducerIdsBlock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class LocalControllerTest {
    @TempDir
    Path directory;

    @Test
    void shouldHaveSameMetadataWhenRestarted() {
        ControllerFixture fixture = ControllerFixture.in(directory);
        ClusterImage before;
        try (LocalController controller = fixture.open()) {
            controller.registerBroker(ControllerFixture.registration(9092)).join();
            controller
                    .createTopics(List.of(withDefaults("a"), withPartitions("b", 7)), false)
                    .join();
            controller
                    .createTopics(
                            List.of(new NewTopicSpec("c", 1, (short) 1, Map.of(), Map.of("retention.ms", "77"))), false)
                    .join();
            controller.deleteTopics(List.of(TopicReference.byName("a"))).join();
            controller
                    .createPartitions(List.of(new NewPartitionsSpec("b", 9, null)), false)
                    .join();
            controller.allocateProducerIds().join();
            before = controller.image();
        }
        try (LocalController controller = fixture.open()) {
            ControllerFixture.assertSameMetadata(before, controller.image());
            assertEquals(
                    "localhost",
                    controller.image().broker(1).endpoint("PLAINTEXT").host());
            assertEquals(before.version(), controller.image().version());
        }
    }

    @Test
    void shouldNeverGiveProducerIdTwiceWhenRestarted() {
        ControllerFixture fixture = ControllerFixture.in(directory);
        long next = 0;
        for (int start = 0; start < 5; start++) {
            try (LocalController controller = fixture.open()) {
                for (int i = 0; i < 3; i++) {
                    ProducerIdsBlock block = controller.allocateProducerIds().join();
                    assertEquals(next, block.firstProducerId());
                    next = block.nextBlockFirstId();
                }
            }
        }
    }

    @Test
    void shouldChangeNothingWhenOnlyValidated() throws IOException {
        try (LocalController controller = ControllerFixture.in(directory).open()) {
            ClusterImage before = controller.image();
            long length = Files.size(directory.resolve(MetadataLog.FILE_NAME));
            CreateTopicResult result = controller
                    .createTopics(List.of(withDefaults("a")), true)
                    .join()
                    .getFirst();
            assertEquals(Errors.NONE, result.error().error());
            assertEquals(org.apache.kafka.common.Uuid.ZERO_UUID, result.topicId());
            assertSame(before, controller.image());
            assertEquals(length, Files.size(directory.resolve(MetadataLog.FILE_NAME)));
        }
    }

    @Test
    void shouldShowTopicOnlyAfterItsPartitionsWereActivated() {
        try (LocalController controller = ControllerFixture.in(directory).open()) {
            CompletableFuture<Void> lanes = new CompletableFuture<>();
            List<Integer> asked = new ArrayList<>();
            controller.activatePartitionsWith((old, now) -> {
                PartitionChanges.between(old, now).opened().forEach(partition -> asked.add(partition.partitionIndex()));
                return lanes;
            });
            CompletableFuture<List<CreateTopicResult>> answer =
                    controller.createTopics(List.of(withPartitions("a", 2)), false);
            CompletableFuture<List<DeleteTopicResult>> next =
                    controller.deleteTopics(List.of(TopicReference.byName("nowhere")));
            assertEquals(List.of(0, 1), asked);
            assertFalse(answer.isDone());
            assertFalse(next.isDone(), "commands run one after another");
            assertNull(controller.image().topic("a"));
            lanes.complete(null);
            assertTrue(answer.isDone());
            assertTrue(next.isDone());
            assertNotNull(controller.image().topic("a"));
        }
    }

    @Test
    void shouldHideTopicBeforeItsPartitionsAreClosed() {
        try (LocalController controller = ControllerFixture.in(directory).open()) {
            controller.createTopics(List.of(withDefaults("a")), false).join();
            AtomicBoolean hidden = new AtomicBoolean();
            controller.activatePartitionsWith((old, now) -> {
                hidden.set(controller.image().topic("a") == null);
                assertEquals(1, PartitionChanges.between(old, now).closed().size());
                return CompletableFuture.completedFuture(null);
            });
            controller.deleteTopics(List.of(TopicReference.byName("a"))).join();
            assertTrue(hidden.get());
        }
    }

    @Test
    void shouldTellListenersOfEveryImageInOrder() {
        try (LocalController controller = ControllerFixture.in(directory).open()) {
            List<Long> versions = new ArrayList<>();
            versions.add(controller.image().version());
            controller.addListener((old, now) -> {
                assertEquals(versions.getLast(), old.version());
                assertSame(now, controller.image());
                versions.add(now.version());
            });
            for (int i = 0; i < 10; i++) {
                controller.createTopics(List.of(withDefaults("t" + i)), false).join();
            }
            assertEquals(11, versions.size());
        }
    }

    @Test
    void shouldRefuseEverythingWhenDeviceFailedOnce() {
        ControllerFixture fixture = ControllerFixture.in(directory);
        FailingFile.Switch device = new FailingFile.Switch();
        ClusterImage before;
        try (LocalController controller = fixture.open(device::open)) {
            controller.createTopics(List.of(withDefaults("a")), false).join();
            before = controller.image();
            device.failSync = true;
            CompletionException failed = assertThrows(
                    CompletionException.class,
                    () -> controller
                            .createTopics(List.of(withDefaults("b")), false)
                            .join());
            assertInstanceOf(KafkaStorageException.class, failed.getCause());
            assertEquals(1, fixture.fatalErrors.size());
            device.failSync = false;
            assertThrows(
                    CompletionException.class,
                    () -> controller
                            .createTopics(List.of(withDefaults("c")), false)
                            .join());
            assertSame(before, controller.image());
        }
    }

    @Test
    void shouldHaveGroupOrNotWhenWriteWasShort() {
        ControllerFixture fixture = ControllerFixture.in(directory);
        FailingFile.Switch device = new FailingFile.Switch();
        ClusterImage before;
        try (LocalController controller = fixture.open(device::open)) {
            controller.createTopics(List.of(withDefaults("a")), false).join();
            before = controller.image();
            device.writeLimit = 40;
            assertThrows(
                    CompletionException.class,
                    () -> controller
                            .createTopics(List.of(withDefaults("b")), false)
                            .join());
        }
        try (LocalController controller = fixture.open()) {
            ControllerFixture.assertSameMetadata(before, controller.image());
            assertEquals(
                    Errors.NONE,
                    controller
                            .createTopics(List.of(withDefaults("b")), false)
                            .join()
                            .getFirst()
                            .error()
                            .error());
        }
    }

    @Test
    void shouldEndWhenPartitionsCannotBeActivated() {
        ControllerFixture fixture = ControllerFixture.in(directory);
        try (LocalController controller = fixture.open()) {
            controller.activatePartitionsWith(
                    (old, now) -> CompletableFuture.failedFuture(new IllegalStateException("lane is gone")));
            assertThrows(
                    CompletionException.class,
                    () -> controller
                            .createTopics(List.of(withDefaults("a")), false)
                            .join());
            assertEquals(1, fixture.fatalErrors.size());
        }
    }

    @Test
    void shouldRefuseToStartWhenNodeOrLanesDoNotFit() {
        new ControllerFixture(ControllerFixture.config(directory, 3), 1).openAndClose(3);
        ControllerFixture fewer = new ControllerFixture(ControllerFixture.config(directory, 2), 1);
        MetadataLogException lanes = assertThrows(MetadataLogException.class, fewer::open);
        assertTrue(lanes.getMessage().contains("lane=2"), lanes.getMessage());
        ControllerFixture other =
                new ControllerFixture(new ControllerConfig(directory, 2, 3, 1, TopicDefaults.STANDARD, Map.of(), 1), 1);
        MetadataLogException node = assertThrows(MetadataLogException.class, other::open);
        assertTrue(node.getMessage().contains("another node"), node.getMessage());
        new ControllerFixture(ControllerFixture.config(directory, 4), 1).openAndClose(0);
    }

    @Test
    void shouldBeShorterAndSameWhenRewrittenAtStart() throws IOException {
        ControllerConfig small = new ControllerConfig(directory, 1, 2, 1, TopicDefaults.STANDARD, Map.of(), 4096);
        ControllerFixture fixture = new ControllerFixture(small, 5);
        ClusterImage before;
        try (LocalController controller = fixture.open()) {
            controller.registerBroker(ControllerFixture.registration(1)).join();
            for (int i = 0; i < 50; i++) {
                controller
                        .createTopics(List.of(withPartitions("t" + i, 3)), false)
                        .join();
                controller.allocateProducerIds().join();
            }
            for (int i = 1; i < 50; i++) {
                controller.deleteTopics(List.of(TopicReference.byName("t" + i))).join();
            }
            assertEquals(49, controller.image().topicMaps().deletedIds().size());
            before = controller.image();
        }
        long length = Files.size(directory.resolve(MetadataLog.FILE_NAME));
        for (int i = 0; i < 2; i++) {
            try (LocalController controller = fixture.open()) {
                ControllerFixture.assertSameMetadata(before, controller.image());
                assertEquals(150, controller.image().partitionIndexLimit());
            }
        }
        assertTrue(Files.size(directory.resolve(MetadataLog.FILE_NAME)) < length / 10);
    }

    @Test
    void shouldAnswerOnControllersThreadWhenManyThreadsAsk() throws Exception {
        try (ExecutorService thread = Executors.newSingleThreadExecutor();
                ExecutorService clients = Executors.newFixedThreadPool(4)) {
            LocalController controller = LocalController.open(
                    ControllerFixture.config(directory, 2), new ControllerContext(thread, error -> {}));
            List<CompletableFuture<?>> answers = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                String name = "t" + i % 50;
                answers.add(CompletableFuture.supplyAsync(
                                () -> controller.createTopics(List.of(withDefaults(name)), false), clients)
                        .thenCompose(answer -> answer));
            }
            CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new)).get(30, TimeUnit.SECONDS);
            assertEquals(50, controller.image().topics().size());
            controller.close();
            assertInstanceOf(
                    NotControllerException.class,
                    assertThrows(
                                    CompletionException.class,
                                    () -> controller.allocateProducerIds().join())
                            .getCause());
        }
    }

    @Test
    void shouldTellToComeBackWhenTooManyCommandsWait() {
        try (LocalController controller = ControllerFixture.in(directory).open()) {
            CompletableFuture<Void> lanes = new CompletableFuture<>();
            controller.activatePartitionsWith((old, now) -> lanes);
            List<CompletableFuture<?>> answers = new ArrayList<>();
            for (int i = 0; i <= ControllerLimits.MAX_WAITING_COMMANDS; i++) {
                answers.add(controller.createTopics(List.of(withDefaults("a")), false));
            }
            CompletionException refused = assertThrows(
                    CompletionException.class, () -> answers.getLast().join());
            assertInstanceOf(ThrottlingQuotaExceededException.class, refused.getCause());
            assertFalse(answers.get(answers.size() - 2).isDone());
            Thread finisher = new Thread(null, () -> lanes.complete(null), "finisher", 512L * 1024 * 1024);
            finisher.start();
            answers.get(answers.size() - 2).join();
        }
    }

    /** A file whose device can be made to fail. */
    private record FailingFile(MetadataFile file, Switch device) implements MetadataFile {
        @Override
        public long length() throws IOException {
            return file.length();
        }

        @Override
        public ByteBuffer readAll() throws IOException {
            return file.readAll();
        }

        @Override
        public void write(ByteBuffer source, long filePosition) throws IOException {
            if (source.remaining() > device.writeLimit) {
                file.write(source.slice(source.position(), device.writeLimit), filePosition);
                throw new IOException("No space left on device");
            }
            file.write(source, filePosition);
        }

        @Override
        public void truncate(long length) throws IOException {
            file.truncate(length);
        }

        @Override
        public void sync() throws IOException {
            if (device.failSync) {
                throw new IOException("Input/output error");
            }
            file.sync();
        }

        @Override
        public void close() throws IOException {
            file.close();
        }

        private static final class Switch {
            private boolean failSync;
            private int writeLimit = Integer.MAX_VALUE;

            private MetadataFile open(Path path) throws IOException {
                return new FailingFile(MetadataFile.open(path), this);
            }
        }
    }
}
