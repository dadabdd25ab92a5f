package io.epona.partitionlog;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How far a log has been compacted: a file of one line in the log's own directory, so that it goes where the log goes.
 * It is on the device before anything that it speaks of is changed. A log without it was never compacted.
 *
 * <p>What lies below {@code holesBelow} may lack offsets because of compaction; from there on a missing offset is a
 * lost one. It is never below {@code firstDirtyOffset}.
 *
 * <pre>
 * epona-clean 1 FIRST-DIRTY HOLES-BELOW crc32c HEX
 * </pre>
 *
 * @param firstDirtyOffset below it each key is there once, but for what was cleaned in several rounds
 * @param holesBelow see above
 */
record CleanMark(long firstDirtyOffset, long holesBelow) {
    /** Of a log that was never compacted. */
    static final CleanMark NONE = new CleanMark(0, 0);

    /** The file cannot be read: there may be holes anywhere, and everything is to be cleaned again. */
    static final CleanMark UNKNOWN = new CleanMark(0, Long.MAX_VALUE);

    private static final Logger LOG = LoggerFactory.getLogger(CleanMark.class);
    private static final String FILE = "epona-clean";
    private static final String MAGIC = "epona-clean 1 ";
    private static final String CRC = " crc32c ";

    /** What a log's directory says. */
    static CleanMark read(final Path directory) throws IOException {
        final Path file = directory.resolve(FILE);
        if (!Files.exists(file)) {
            return NONE;
        }
        final String text = Files.readString(file, StandardCharsets.ISO_8859_1).strip();
        final int end = text.lastIndexOf(CRC);
        if (!text.startsWith(MAGIC)
                || end < MAGIC.length()
                || !text.substring(end + CRC.length()).equals(crc(text.substring(0, end)))) {
            LOG.warn(
                    "{} is damaged: the log is compacted from its beginning, and missing offsets are taken for that",
                    file);
            return UNKNOWN;
        }
        final String[] fields = text.substring(MAGIC.length(), end).split(" ");
        return new CleanMark(Long.parseLong(fields[0]), Long.parseLong(fields[1]));
    }

    /** The same with holes up to an offset at least. */
    CleanMark holesUpTo(final long offset) {
        return new CleanMark(firstDirtyOffset, Math.max(holesBelow, offset));
    }

    /** The same, clean up to an offset. */
    CleanMark cleanUpTo(final long offset) {
        return new CleanMark(offset, Math.max(holesBelow, offset));
    }

    /** The log was cut: what is appended from there on was never compacted. */
    CleanMark cutTo(final long endOffset) {
        return new CleanMark(Math.min(firstDirtyOffset, endOffset), Math.min(holesBelow, endOffset));
    }

    /** Puts it into a log's directory; on the device on return. */
    void write(final Path directory) throws IOException {
        final String fields = MAGIC + firstDirtyOffset + ' ' + holesBelow;
        final Path temporary = directory.resolve(FILE + ".tmp");
        try (FileChannel channel = FileChannel.open(
                temporary, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            final ByteBuffer bytes =
                    ByteBuffer.wrap((fields + CRC + crc(fields) + '\n').getBytes(StandardCharsets.ISO_8859_1));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
        Files.move(
                temporary,
                directory.resolve(FILE),
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
        FileFlush.directory(directory);
    }

    private static String crc(final String text) {
        final CRC32C crc = new CRC32C();
        crc.update(text.getBytes(StandardCharsets.ISO_8859_1));
        return Long.toHexString(crc.getValue());
    }
}
