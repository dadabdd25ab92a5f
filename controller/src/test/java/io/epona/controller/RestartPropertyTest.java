package io.epona.controller;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random commands, restarts in between (with and without a rewrite): the image is always what it was. */
@Timeout(60)
class RestartPropertyTest {
    @TempDir
    Path directory;

    @ParameterizedTest(name = "seed={0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
    void shouldHaveSameImageWhenRestartedAfterRandomCommands(long seed) {
        RandomCommands commands = new RandomCommands(seed);
        long compactionLength = seed % 2 == 0 ? 2048 : Long.MAX_VALUE;
        ControllerConfig config =
                new ControllerConfig(directory, 1, 3, 1, TopicDefaults.STANDARD, Map.of(), compactionLength);
        ControllerFixture fixture = new ControllerFixture(config, seed);
        ClusterImage before = null;
        for (int start = 0; start < 6; start++) {
            try (LocalController controller = fixture.open()) {
                if (before != null) {
                    ControllerFixture.assertSameMetadata(before, controller.image());
                }
                controller
                        .registerBroker(ControllerFixture.registration(9000 + start))
                        .join();
                for (int i = 0; i < 40; i++) {
                    commands.next(controller);
                    ControllerFixture.requireConsistent(controller.image());
                }
                before = controller.image();
            }
        }
    }

    @ParameterizedTest(name = "seed={0}")
    @ValueSource(longs = {21, 22, 23, 24, 25})
    void shouldHaveImageOfLastWholeCommandWhenLogEndsAnywhere(long seed) throws IOException {
        ControllerConfig config =
                new ControllerConfig(directory, 1, 3, 1, TopicDefaults.STANDARD, Map.of(), Long.MAX_VALUE);
        ControllerFixture fixture = new ControllerFixture(config, seed);
        Path log = directory.resolve(MetadataLog.FILE_NAME);
        TreeMap<Long, ClusterImage> images = new TreeMap<>();
        RandomCommands commands = new RandomCommands(seed);
        try (LocalController controller = fixture.open()) {
            for (int i = 0; i < 60; i++) {
                images.put(Files.size(log), controller.image());
                commands.next(controller);
            }
            images.put(Files.size(log), controller.image());
        }
        byte[] whole = Files.readAllBytes(log);
        Random random = new Random(seed);
        for (int i = 0; i < 100; i++) {
            int length = Math.toIntExact(images.firstKey())
                    + random.nextInt(whole.length - Math.toIntExact(images.firstKey()) + 1);
            byte[] torn = Arrays.copyOf(whole, length);
            int durable = Math.toIntExact(images.floorKey((long) length));
            for (int damaged = durable; damaged < length && random.nextBoolean(); damaged += 64) {
                torn[damaged] ^= (byte) 0xA5;
            }
            Files.write(log, torn);
            try (LocalController controller = fixture.open()) {
                ControllerFixture.assertSameMetadata(
                        images.floorEntry((long) length).getValue(), controller.image());
            }
        }
    }
}
