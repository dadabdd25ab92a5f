package io.epona.partitionlog;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.zip.CRC32C;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What one lane's partition logs hold, in a file of one line beside them, so that a start need not look at the logs:
 * frames below {@code drained} are in them, frames from {@code drainLimit} on are not, those between may be.
 *
 * <p>The line is written, not flushed, before a drain and after it. What a killed process has written is in the page
 * cache, the line as well as the logs; so it is good until the machine starts again. A <em>settled</em> line is flushed
 * after all that the logs hold, and is good after that too. No line, a damaged one, or one of an earlier start of the
 * machine costs time, never records: then the logs themselves are looked at.
 *
 * <pre>
 * epona-shelf 1 BOOT-ID LANE RING-LENGTH DRAINED DRAIN-LIMIT SETTLED crc32c HEX
 * </pre>
 *
 * Owned by one shelf agent.
 */
final class ShelfMark implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ShelfMark.class);
    private static final String FORMAT = "epona-shelf 1 %s %04d %010d %019d %019d %d ";
    private static final String CRC = "crc32c ";
    private static final int FIELDS = 10;

    private final Path file;
    private final String bootId;
    private final int laneId;
    private final int ringLength;
    private FileChannel channel;
    private boolean isChangeDurable;

    /**
     * What a mark says.
     *
     * @param isSameBoot whether the machine has not started since
     * @param ringLength of the lane's log ring then
     * @param drained frames below it are in the logs
     * @param drainLimit frames from it on are not
     * @param isSettled whether all that the logs held was flushed before this was
     */
    record State(boolean isSameBoot, int ringLength, long drained, long drainLimit, boolean isSettled) {}

    ShelfMark(final Path directory, final String bootId, final int laneId, final int ringLength) {
        this.file = file(directory, laneId);
        this.bootId = bootId;
        this.laneId = laneId;
        this.ringLength = ringLength;
    }

    static Path file(final Path directory, final int laneId) {
        return directory.resolve("epona-shelf-" + laneId);
    }

    /** What an earlier run left; null when that is nothing, or cannot be read. */
    State load() throws IOException {
        if (!Files.exists(file)) {
            return null;
        }
        final String line = Files.readString(file, StandardCharsets.ISO_8859_1);
        final int end = line.lastIndexOf(CRC);
        final String[] fields = line.strip().split(" ");
        if (end < 0
                || fields.length != FIELDS
                || !fields[0].equals("epona-shelf")
                || !fields[1].equals("1")
                || !fields[FIELDS - 1].equals(crc(line.substring(0, end)))
                || Integer.parseInt(fields[3]) != laneId) {
            LOG.warn("{} is damaged or of another version: the partition logs are looked at instead", file);
            return null;
        }
        return new State(
                fields[2].equals(bootId) && !bootId.isEmpty(),
                Integer.parseInt(fields[4]),
                Long.parseLong(fields[5]),
                Long.parseLong(fields[6]),
                fields[7].equals("1"));
    }

    /**
     * Frames below the first position are in the logs, from the second on none are, and between them may be: to be
     * called before that becomes so.
     */
    void note(final long drained, final long drainLimit) throws IOException {
        write(drained, drainLimit, false);
        if (!isChangeDurable) {
            // A settled line must not be what a power cut leaves, when logs hold more by then.
            channel.force(true);
            FileFlush.directory(file.toAbsolutePath().getParent());
            isChangeDurable = true;
        }
    }

    /** All that the logs hold has been flushed. */
    void settle(final long drained, final long drainLimit) throws IOException {
        write(drained, drainLimit, true);
        channel.force(true);
        isChangeDurable = false;
    }

    private void write(final long drained, final long drainLimit, final boolean isSettled) throws IOException {
        if (channel == null) {
            channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        }
        final String text = String.format(
                Locale.ROOT,
                FORMAT,
                bootId.isEmpty() ? "-" : bootId,
                laneId,
                ringLength,
                drained,
                drainLimit,
                isSettled ? 1 : 0);
        final ByteBuffer line = ByteBuffer.wrap((text + CRC + crc(text) + "\n").getBytes(StandardCharsets.ISO_8859_1));
        final int length = line.remaining();
        while (line.hasRemaining()) {
            channel.write(line, line.position());
        }
        if (channel.size() > length) {
            channel.truncate(length);
        }
    }

    private static String crc(final String text) {
        final CRC32C crc = new CRC32C();
        crc.update(text.getBytes(StandardCharsets.ISO_8859_1));
        return String.format(Locale.ROOT, "%08x", crc.getValue());
    }

    Path file() {
        return file;
    }

    @Override
    public void close() throws IOException {
        if (channel != null) {
            channel.close();
            channel = null;
        }
    }
}
