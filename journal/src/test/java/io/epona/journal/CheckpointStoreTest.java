package io.epona.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.codec.Crc32c;
import io.epona.codec.checkpoint.CheckpointHeaderEncoder;
import io.epona.journal.testing.PowerCutException;
import io.epona.journal.testing.SimulatedDevice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Checkpoints are whole or not there, whenever the power fails; the newest intact one is found. */
@Timeout(60)
class CheckpointStoreTest {
    @TempDir
    Path directory;

    private final JournalConfig config = JournalConfig.of(Path.of("simulated"), 4, 1, 2, 3, 16 * 1024, 2);
    private final List<Throwable> errors = new ArrayList<>();

    private static UnsafeBuffer checkpoint(final JournalConfig config, final long position, final int length) {
        final UnsafeBuffer buffer = new UnsafeBuffer(new byte[length]);
        buffer.setMemory(64, length - 64, (byte) position);
        final CheckpointHeaderEncoder header = new CheckpointHeaderEncoder()
                .wrap(buffer, 0)
                .magic(CheckpointHeaderValidator.MAGIC)
                .formatVersion(1)
                .laneId(config.laneId())
                .clusterIdHigh(config.clusterIdHigh())
                .clusterIdLow(config.clusterIdLow())
                .position(position)
                .shelvedPosition(position);
        stamp(header, buffer);
        return buffer;
    }

    private static void stamp(final CheckpointHeaderEncoder header, final UnsafeBuffer buffer) {
        header.crc(Integer.toUnsignedLong(new Crc32c().compute(buffer, 12, buffer.capacity() - 12)));
    }

    private CheckpointStore store(final CheckpointFiles files) {
        return new CheckpointStore(files, new CheckpointHeaderValidator(config), errors::add);
    }

    private static long position(final StoredCheckpoint checkpoint) {
        return checkpoint.buffer().getLong(32);
    }

    @Test
    void shouldFindTheNewestAndKeepTwo() throws IOException {
        final CheckpointStore store = store(new DirectoryCheckpointFiles(directory));
        assertTrue(store.loadNewest().isEmpty());
        for (int i = 1; i <= 5; i++) {
            store.store(checkpoint(config, i, 64 + i * 100), 64 + i * 100);
        }
        try (Stream<Path> files = Files.list(directory)) {
            assertEquals(2, files.count());
        }
        final StoredCheckpoint newest =
                store(new DirectoryCheckpointFiles(directory)).loadNewest().orElseThrow();
        assertEquals(5, position(newest));
        assertEquals(564, newest.length());
        // A store of the next start goes on counting.
        final CheckpointStore next = store(new DirectoryCheckpointFiles(directory));
        next.store(checkpoint(config, 6, 100), 100);
        assertEquals(6, position(next.loadNewest().orElseThrow()));
    }

    @Test
    void shouldFallBackOnNothingWhenAllWereRemoved() throws IOException {
        final CheckpointStore store = store(new DirectoryCheckpointFiles(directory));
        store.removeAll();
        store.store(checkpoint(config, 1, 200), 200);
        store.store(checkpoint(config, 2, 200), 200);
        store.removeAll();
        assertTrue(store.loadNewest().isEmpty());
        store.store(checkpoint(config, 7, 200), 200);
        final Path newest = directory.resolve("checkpoint-000000000003.epc");
        assertTrue(Files.exists(newest), "it goes on counting");
        final byte[] bytes = Files.readAllBytes(newest);
        bytes[40] ^= 1;
        Files.write(newest, bytes);
        assertTrue(store.loadNewest().isEmpty());
    }

    @Test
    void shouldWriteLongCheckpointsWhole() {
        final CheckpointStore store = store(new DirectoryCheckpointFiles(directory));
        final int length = 2 * JournalLimits.CHECKPOINT_STEP_LENGTH + 12_345;
        final UnsafeBuffer written = checkpoint(config, 9, length);
        store.store(written, length);
        assertEquals(written, store.loadNewest().orElseThrow().buffer());
    }

    @Test
    void shouldPassOverADamagedOneAndSaySo() throws IOException {
        final CheckpointStore store = store(new DirectoryCheckpointFiles(directory));
        store.store(checkpoint(config, 1, 200), 200);
        store.store(checkpoint(config, 2, 200), 200);
        final Path newest = directory.resolve("checkpoint-000000000002.epc");
        final byte[] bytes = Files.readAllBytes(newest);
        for (final int at : new int[] {0, 9, 40, 150, 199}) {
            final byte[] damaged = bytes.clone();
            damaged[at] ^= 1;
            Files.write(newest, damaged);
            errors.clear();
            assertEquals(1, position(store.loadNewest().orElseThrow()), "byte " + at);
            assertEquals(1, errors.size());
        }
        Files.write(newest, new byte[0]);
        assertEquals(1, position(store.loadNewest().orElseThrow()));
        Files.write(directory.resolve("checkpoint-000000000001.epc"), new byte[100]);
        assertTrue(store.loadNewest().isEmpty());
    }

    @Test
    void shouldRefuseOneOfAnotherClusterOrLaneOrOfANewerFormat() {
        final CheckpointFiles files = new DirectoryCheckpointFiles(directory);
        final JournalConfig other = JournalConfig.of(Path.of("simulated"), 5, 1, 2, 3, 16 * 1024, 2);
        final UnsafeBuffer foreign = checkpoint(other, 1, 100);
        files.write("checkpoint-000000000001.epc", foreign, 100);
        assertThrows(JournalRefusedException.class, () -> store(files).loadNewest());
        final UnsafeBuffer newer = checkpoint(config, 1, 100);
        final CheckpointHeaderEncoder header = new CheckpointHeaderEncoder().wrap(newer, 0);
        header.formatVersion(CheckpointHeaderValidator.FORMAT_VERSION + 1);
        stamp(header, newer);
        files.write("checkpoint-000000000001.epc", newer, 100);
        assertThrows(JournalRefusedException.class, () -> store(files).loadNewest());
    }

    @Test
    void shouldRefuseToStoreWhatCouldNotBeReadBack() {
        final CheckpointStore store = store(new DirectoryCheckpointFiles(directory));
        assertThrows(IllegalArgumentException.class, () -> store.store(new UnsafeBuffer(new byte[100]), 100));
        assertTrue(store.loadNewest().isEmpty());
    }

    @Test
    void shouldLoseNoStoredOneWheneverThePowerFails() {
        for (int seed = 0; seed < 2000; seed++) {
            final SimulatedDevice device = new SimulatedDevice(config, seed);
            long stored = 0;
            for (int life = 0; life < 3; life++) {
                final CheckpointStore store = store(device.checkpoints());
                final long found =
                        store.loadNewest().map(CheckpointStoreTest::position).orElse(0L);
                assertTrue(found == stored || found == stored + 1, "stored=" + stored + ", found=" + found);
                stored = found;
                device.cutPowerDuring(1 + seed % 13);
                try {
                    for (int i = 0; i < 5; i++) {
                        store.store(checkpoint(config, stored + 1, 150), 150);
                        stored++;
                    }
                    device.cutPower();
                } catch (final PowerCutException ex) {
                    assertTrue(!device.isOn());
                }
                device.restorePower();
            }
        }
    }
}
