package io.epona.partitionlog;

import io.epona.codec.RecordBatchDescriptor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Reads the batches of one log's segment files in order, without indexes and without changing anything. Knows the
 * format from {@link RecordBatchDescriptor} alone, so that it checks Kafka's library too. Owned by one thread.
 */
final class LogFileCursor implements AutoCloseable {
    private final Path directory;
    private final long holesBelow;
    private final List<Path> files;
    private final List<RetentionPolicy.Segment> segments;
    private final ByteBuffer header = ByteBuffer.allocate(RecordBatchDescriptor.BATCH_OVERHEAD);
    private final UnsafeBuffer headerView = new UnsafeBuffer(header);
    private FileChannel channel;
    private int nextFile;
    private long filePosition;
    private long endOffset;

    /** @param holesBelow offsets below may be missing because of compaction */
    LogFileCursor(final Path directory, final long holesBelow) {
        this.directory = directory;
        this.holesBelow = holesBelow;
        this.segments = ClosedLog.segments(directory);
        this.files = ClosedLog.files(directory);
        this.endOffset = firstOffset();
    }

    Path directory() {
        return directory;
    }

    long holesBelow() {
        return holesBelow;
    }

    /** Base offset of the first segment; 0 when there is none. */
    long firstOffset() {
        return segments.isEmpty() ? 0 : segments.getFirst().baseOffset();
    }

    /** Offset after the last batch that was read. */
    long endOffset() {
        return endOffset;
    }

    /**
     * The batch that starts at an offset at or above all that were asked for before.
     *
     * @return its bytes, or null when batches go on above it or end before it
     */
    ByteBuffer batchAt(final long baseOffset) throws IOException {
        while (nextHeader()) {
            final long found = RecordBatchDescriptor.baseOffset(headerView, 0);
            if (found > baseOffset) {
                endOffset = found;
                return null;
            }
            final int length = RecordBatchDescriptor.sizeInBytes(headerView, 0);
            endOffset = RecordBatchDescriptor.lastOffset(headerView, 0) + 1;
            final long start = filePosition;
            filePosition += length;
            if (found == baseOffset) {
                final ByteBuffer batch = ByteBuffer.allocate(length);
                return readFully(batch, start) ? batch.flip() : null;
            }
        }
        return null;
    }

    /** Reads the next batch's header; false at the end, or where the file holds no whole batch. */
    private boolean nextHeader() throws IOException {
        while (true) {
            if (channel == null) {
                if (nextFile == files.size()) {
                    return false;
                }
                channel = FileChannel.open(files.get(nextFile++), StandardOpenOption.READ);
                filePosition = 0;
            }
            if (readFully(header.clear(), filePosition)
                    && RecordBatchDescriptor.length(headerView, 0)
                            >= RecordBatchDescriptor.BATCH_OVERHEAD - RecordBatchDescriptor.LOG_OVERHEAD
                    && filePosition + RecordBatchDescriptor.sizeInBytes(headerView, 0) <= channel.size()) {
                return true;
            }
            if (nextFile == files.size()) {
                return false;
            }
            channel.close();
            channel = null;
        }
    }

    private boolean readFully(final ByteBuffer target, final long position) throws IOException {
        long at = position;
        while (target.hasRemaining()) {
            final int read = channel.read(target, at);
            if (read < 0) {
                return false;
            }
            at += read;
        }
        return true;
    }

    @Override
    public void close() {
        try {
            if (channel != null) {
                channel.close();
                channel = null;
            }
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
