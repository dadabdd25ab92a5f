package io.epona.partitionlog;

import io.epona.codec.RecordBatchDescriptor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.zip.CRC32C;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A log whose process was killed while the machine stayed up: every write that was completed is in the page cache, so
 * all that can be wrong are an unfinished write at the end, and index files that still have the length for which they
 * were mapped. Kafka's recovery would read the whole last segment and flush a snapshot; this reads the batches behind
 * the last index entry. Whatever it does not understand is left to Kafka's recovery.
 */
final class KilledLog {
    private static final int INDEX_ENTRY_LENGTH = 8;
    private static final int TIME_ENTRY_LENGTH = 12;

    private final Path directory;
    private final List<RetentionPolicy.Segment> segments;
    private final ByteBuffer header = ByteBuffer.allocate(RecordBatchDescriptor.BATCH_OVERHEAD);
    private final UnsafeBuffer batch = new UnsafeBuffer(header);

    private long endOffset;
    private long length;
    private long maxTimestamp = RecordBatchDescriptor.NO_TIMESTAMP;
    private long maxTimestampOffset;

    private KilledLog(final Path directory) {
        this.directory = directory;
        this.segments = ClosedLog.segments(directory);
    }

    /**
     * End of the log; reads only.
     *
     * @return -1 when it is not to be had this way
     */
    static long endOffset(final Path directory) throws IOException {
        final KilledLog log = new KilledLog(directory);
        return log.findEnd() ? log.endOffset : PartitionLogs.UNKNOWN_OFFSET;
    }

    /**
     * Cuts off an unfinished write and gives the index files the lengths that closing the log would have given them.
     *
     * @return false when nothing was done and the log needs Kafka's recovery
     */
    static boolean repair(final Path directory) throws IOException {
        final KilledLog log = new KilledLog(directory);
        if (!log.findEnd()) {
            return false;
        }
        final int count = log.segments.size();
        for (int i = Math.max(0, count - 2); i < count; i++) {
            log.trimIndexes(log.segments.get(i).baseOffset(), i == count - 1);
        }
        if (log.length < log.segments.getLast().length()) {
            truncate(log.file(log.segments.getLast().baseOffset(), KafkaLog.LOG), log.length);
        }
        return true;
    }

    private Path file(final long baseOffset, final String suffix) {
        return directory.resolve(KafkaLog.fileName(baseOffset, suffix));
    }

    private boolean findEnd() throws IOException {
        if (segments.isEmpty()) {
            return false;
        }
        final long baseOffset = segments.getLast().baseOffset();
        final Path index = file(baseOffset, KafkaLog.INDEX);
        if (!Files.exists(index) || !Files.exists(file(baseOffset, KafkaLog.TIME_INDEX))) {
            return false;
        }
        long position = 0;
        long expected = baseOffset;
        try (FileChannel channel = FileChannel.open(index, StandardOpenOption.READ)) {
            final long entryCount = entryCount(channel, INDEX_ENTRY_LENGTH);
            if (entryCount > 0) {
                final ByteBuffer entry = read(channel, (entryCount - 1) * INDEX_ENTRY_LENGTH, INDEX_ENTRY_LENGTH);
                expected = PartitionLogs.UNKNOWN_OFFSET;
                position = entry.getInt(Integer.BYTES);
            }
        }
        try (FileChannel channel = FileChannel.open(file(baseOffset, KafkaLog.LOG), StandardOpenOption.READ)) {
            return walk(channel, position, expected);
        }
    }

    /** Reads headers from an indexed batch to the end. */
    private boolean walk(final FileChannel channel, final long from, final long firstOffset) throws IOException {
        final long fileLength = channel.size();
        long position = from;
        long lastPosition = -1;
        endOffset = firstOffset;
        while (position + RecordBatchDescriptor.BATCH_OVERHEAD <= fileLength) {
            if (!readFully(channel, header.clear(), position)
                    || RecordBatchDescriptor.magic(batch, 0) != RecordBatchDescriptor.MAGIC
                    || RecordBatchDescriptor.sizeInBytes(batch, 0) < RecordBatchDescriptor.BATCH_OVERHEAD
                    || endOffset >= 0 && RecordBatchDescriptor.baseOffset(batch, 0) != endOffset) {
                return false;
            }
            if (position + RecordBatchDescriptor.sizeInBytes(batch, 0) > fileLength) {
                break;
            }
            final long lastOffset = RecordBatchDescriptor.lastOffset(batch, 0);
            if (RecordBatchDescriptor.maxTimestamp(batch, 0) > maxTimestamp) {
                maxTimestamp = RecordBatchDescriptor.maxTimestamp(batch, 0);
                maxTimestampOffset = lastOffset;
            }
            endOffset = lastOffset + 1;
            lastPosition = position;
            position += RecordBatchDescriptor.sizeInBytes(batch, 0);
        }
        length = position;
        return endOffset >= 0 && (lastPosition < 0 || isValid(channel, lastPosition));
    }

    private boolean isValid(final FileChannel channel, final long position) throws IOException {
        readFully(channel, header.clear(), position);
        final int batchLength = RecordBatchDescriptor.sizeInBytes(batch, 0);
        final int crc = RecordBatchDescriptor.crc(batch, 0);
        final int start = RecordBatchDescriptor.CRC_START_OFFSET;
        final CRC32C computed = new CRC32C();
        computed.update(read(channel, position + start, batchLength - start));
        return (int) computed.getValue() == crc;
    }

    private void trimIndexes(final long baseOffset, final boolean isLast) throws IOException {
        trim(file(baseOffset, KafkaLog.INDEX), INDEX_ENTRY_LENGTH);
        final Path timeIndex = file(baseOffset, KafkaLog.TIME_INDEX);
        trim(timeIndex, TIME_ENTRY_LENGTH);
        if (isLast && maxTimestamp > lastTimestamp(timeIndex)) {
            final ByteBuffer entry = ByteBuffer.allocate(TIME_ENTRY_LENGTH)
                    .putLong(maxTimestamp)
                    .putInt((int) (maxTimestampOffset - baseOffset))
                    .flip();
            Files.write(timeIndex, entry.array(), StandardOpenOption.APPEND);
        }
    }

    private static void trim(final Path index, final int entryLength) throws IOException {
        if (!Files.exists(index)) {
            return;
        }
        final long trimmed;
        try (FileChannel channel = FileChannel.open(index, StandardOpenOption.READ)) {
            trimmed = entryCount(channel, entryLength) * entryLength;
            if (trimmed == channel.size()) {
                return;
            }
        }
        truncate(index, trimmed);
    }

    private static long lastTimestamp(final Path timeIndex) throws IOException {
        try (FileChannel channel = FileChannel.open(timeIndex, StandardOpenOption.READ)) {
            final long end = channel.size();
            return end < TIME_ENTRY_LENGTH
                    ? RecordBatchDescriptor.NO_TIMESTAMP
                    : read(channel, end - TIME_ENTRY_LENGTH, TIME_ENTRY_LENGTH).getLong(0);
        }
    }

    private static void truncate(final Path path, final long newLength) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
            channel.truncate(newLength);
        }
    }

    /** Entries before the zeros with which an index is mapped; an entry ends in a position or offset above zero. */
    private static long entryCount(final FileChannel channel, final int entryLength) throws IOException {
        long low = 0;
        long high = channel.size() / entryLength;
        if (high > 0 && isZero(read(channel, 0, entryLength))) {
            return 0;
        }
        while (low < high) {
            final long middle = (low + high) >>> 1;
            if (isZero(read(channel, middle * entryLength, entryLength))) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        while (low > 0 && isTorn(read(channel, (low - 1) * entryLength, entryLength), low - 1, channel)) {
            low--;
        }
        return low;
    }

    private static boolean isZero(final ByteBuffer entry) {
        for (int i = 0; i < entry.limit(); i++) {
            if (entry.get(i) != 0) {
                return false;
            }
        }
        return true;
    }

    /**
     * The process was killed between the two stores of an entry: its second part is not above that of the one before.
     */
    private static boolean isTorn(final ByteBuffer entry, final long number, final FileChannel channel)
            throws IOException {
        final int entryLength = entry.limit();
        final int second = entry.getInt(entryLength - Integer.BYTES);
        if (number == 0) {
            return entryLength == INDEX_ENTRY_LENGTH && second == 0;
        }
        return second <= read(channel, (number - 1) * entryLength, entryLength).getInt(entryLength - Integer.BYTES);
    }

    private static ByteBuffer read(final FileChannel channel, final long position, final int length)
            throws IOException {
        final ByteBuffer buffer = ByteBuffer.allocate(length);
        if (!readFully(channel, buffer, position)) {
            throw new IOException("file ends early: wanted=" + length + " bytes at position=" + position);
        }
        return buffer.flip();
    }

    private static boolean readFully(final FileChannel channel, final ByteBuffer target, final long position)
            throws IOException {
        long at = position;
        while (target.hasRemaining()) {
            final int count = channel.read(target, at);
            if (count < 0) {
                return false;
            }
            at += count;
        }
        return true;
    }
}
