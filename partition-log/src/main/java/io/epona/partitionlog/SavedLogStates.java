package io.epona.partitionlog;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.CRC32C;
import org.apache.kafka.common.Uuid;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is remembered of all logs, in memory and in one small text file: a line for each log, by topic id, so that a
 * topic made again under the same name inherits nothing. Thread-safe in memory; written by one thread.
 *
 * <p>A file that is absent or damaged costs time (logs are opened by scanning them), never records.
 *
 * <pre>
 * epona-partition-logs 2
 * BOOT-ID
 * TOPIC-ID PARTITION logStart recoveryPoint end activeBase logLength indexLength timeIndexLength durable sound
 * ...
 * crc32c HEX of everything before this line
 * </pre>
 */
final class SavedLogStates {
    private static final Logger LOG = LoggerFactory.getLogger(SavedLogStates.class);
    private static final String MAGIC = "epona-partition-logs 2";
    private static final String CRC = "crc32c ";
    private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");
    private static final int FIELDS = 11;

    private record Key(Uuid topicId, int partition) {}

    private final Path file;
    private final String bootId;
    private final ConcurrentHashMap<Key, SavedLogState> states = new ConcurrentHashMap<>();
    private volatile boolean changed;
    private boolean sameBoot;

    SavedLogStates(final Path file, final String bootId) {
        this.file = file;
        this.bootId = bootId;
    }

    SavedLogState get(final PartitionDescription partition) {
        return states.getOrDefault(new Key(partition.topicId(), partition.partition()), SavedLogState.NOTHING);
    }

    void put(final PartitionDescription partition, final SavedLogState state) {
        final SavedLogState before = states.put(new Key(partition.topicId(), partition.partition()), state);
        if (!state.equals(before)) {
            changed = true;
        }
    }

    void remove(final Uuid topicId, final int partition) {
        if (states.remove(new Key(topicId, partition)) != null) {
            changed = true;
        }
    }

    /** Whether the file that was loaded was written since the machine started. */
    boolean isSameBoot() {
        return sameBoot;
    }

    /** There is a log of which nothing is known. */
    void putUnknown(final PartitionDescription partition) {
        states.putIfAbsent(new Key(partition.topicId(), partition.partition()), SavedLogState.UNKNOWN_LOG);
    }

    String bootId() {
        return bootId;
    }

    boolean isChanged() {
        return changed;
    }

    int size() {
        return states.size();
    }

    /** From now on everything that is remembered is on the device too; for a clean stop, after a flush of it all. */
    void markDurable() {
        states.replaceAll((key, state) -> state.asDurable());
        changed = true;
    }

    /** Reads the file, if there is one. */
    void load() throws IOException {
        if (!Files.exists(file)) {
            return;
        }
        final String text = Files.readString(file, StandardCharsets.ISO_8859_1);
        final int end = text.lastIndexOf(CRC);
        if (end < 0
                || !text.startsWith(MAGIC + "\n")
                || !text.substring(end + CRC.length()).strip().equals(crc(text.substring(0, end)))) {
            LOG.warn(
                    "{} is damaged or of another version: every partition log will be scanned when it is opened", file);
            return;
        }
        final String[] lines = text.substring(0, end).split("\n");
        sameBoot = lines[1].equals(bootId) && !bootId.isEmpty();
        for (int i = 2; i < lines.length; i++) {
            parse(lines[i].split(" "));
        }
    }

    private void parse(final String[] fields) {
        if (fields.length != FIELDS) {
            throw new IllegalStateException(file + ": a line with a valid checksum has " + fields.length + " fields");
        }
        final SavedLogState state = new SavedLogState(
                Long.parseLong(fields[2]),
                Long.parseLong(fields[3]),
                Long.parseLong(fields[4]),
                Long.parseLong(fields[5]),
                Long.parseLong(fields[6]),
                Long.parseLong(fields[7]),
                Long.parseLong(fields[8]),
                "1".equals(fields[9]),
                "1".equals(fields[10]));
        states.put(
                new Key(Uuid.fromString(fields[0]), Integer.parseInt(fields[1])),
                sameBoot ? state : state.afterRestart());
    }

    /** Writes the file: temporary, flushed, renamed into place, names flushed. */
    void store() throws IOException {
        changed = false;
        final StringBuilder text = new StringBuilder(128 + states.size() * 96);
        text.append(MAGIC).append('\n').append(bootId).append('\n');
        for (final Map.Entry<Key, SavedLogState> entry : states.entrySet()) {
            append(text, entry.getKey(), entry.getValue());
        }
        final String crc = crc(text.toString());
        text.append(CRC).append(crc).append('\n');
        final Path temporary = file.resolveSibling(file.getFileName() + ".tmp");
        try (FileChannel channel = FileChannel.open(
                temporary, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            final ByteBuffer bytes = ByteBuffer.wrap(text.toString().getBytes(StandardCharsets.ISO_8859_1));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        FileFlush.directory(file.toAbsolutePath().getParent());
    }

    private static void append(final StringBuilder text, final Key key, final SavedLogState state) {
        text.append(key.topicId()).append(' ').append(key.partition());
        append(text, state.logStartOffset());
        append(text, state.recoveryPoint());
        append(text, state.endOffset());
        append(text, state.activeBase());
        append(text, state.logLength());
        append(text, state.indexLength());
        append(text, state.timeIndexLength());
        append(text, state.durable() ? 1 : 0);
        append(text, state.sound() ? 1 : 0);
        text.append('\n');
    }

    private static void append(final StringBuilder text, final long field) {
        text.append(' ').append(field);
    }

    private static String crc(final String text) {
        final CRC32C crc = new CRC32C();
        crc.update(text.getBytes(StandardCharsets.ISO_8859_1));
        return Long.toHexString(crc.getValue());
    }

    static String readBootId() {
        try {
            return Files.readString(BOOT_ID).strip();
        } catch (final IOException e) {
            LOG.warn("no boot id at {}: logs that were closed before a crash will be scanned when opened", BOOT_ID, e);
            return "";
        }
    }
}
