package io.epona.partitionlog;

import io.epona.codec.FrameDescriptor;
import io.epona.codec.FrameHandler;
import io.epona.codec.RecordBatchDescriptor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Compares a journal's frames with the files of the partition logs, byte for byte, without changing anything: for
 * {@code epona journal verify} and tests. Hand it every frame of a journal in order, lane by lane, while no node runs
 * on the directory; then read the figures. Owned by one thread; {@link #close()} closes the files.
 *
 * <p>A batch below its log's first segment was deleted by retention, one at or above its log's end was not drained yet;
 * both are counted and are no difference.
 */
public final class DrainedLogVerifier implements FrameHandler, AutoCloseable {
    private static final int MAX_DIFFERENCES = 100;

    private final Path directory;
    private final PartitionDirectory partitions;
    private final Map<Integer, LogFileCursor> cursors = new HashMap<>();
    private final List<String> differences = new ArrayList<>();
    private long equalCount;
    private long notDrainedCount;
    private long deletedCount;
    private long compactedCount;
    private long differenceCount;

    /**
     * Touches no file yet.
     *
     * @param directory of the partition logs
     * @param partitions the partitions that exist
     */
    public DrainedLogVerifier(final Path directory, final PartitionDirectory partitions) {
        this.directory = directory;
        this.partitions = partitions;
    }

    @Override
    public void onFrame(final DirectBuffer buffer, final int offset, final int frameLength, final long position) {
        if (FrameDescriptor.type(buffer, offset) != FrameDescriptor.TYPE_RECORDS) {
            return;
        }
        final int partitionIndex = FrameDescriptor.partitionIndex(buffer, offset);
        final PartitionDescription partition = partitions.partition(partitionIndex);
        if (partition == null) {
            deletedCount++;
            return;
        }
        try {
            compare(cursor(partition), buffer, offset, frameLength);
        } catch (final IOException e) {
            throw new PartitionLogException(
                    "cannot read partition log: directory=" + directory.resolve(partition.directoryName()), e);
        }
    }

    private LogFileCursor cursor(final PartitionDescription partition) throws IOException {
        LogFileCursor cursor = cursors.get(partition.partitionIndex());
        if (cursor == null) {
            final Path log = directory.resolve(partition.directoryName());
            cursor = new LogFileCursor(log, CleanMark.read(log).holesBelow());
            cursors.put(partition.partitionIndex(), cursor);
        }
        return cursor;
    }

    private void compare(final LogFileCursor cursor, final DirectBuffer buffer, final int offset, final int frameLength)
            throws IOException {
        final long baseOffset = FrameDescriptor.baseOffset(buffer, offset);
        if (baseOffset < cursor.firstOffset()) {
            deletedCount++;
            return;
        }
        if (baseOffset < cursor.holesBelow()) {
            compactedCount++;
            return;
        }
        final ByteBuffer batch = cursor.batchAt(baseOffset);
        if (batch == null) {
            if (baseOffset < cursor.endOffset()) {
                difference(cursor, buffer, offset, "the log has no batch with this base offset");
            } else {
                notDrainedCount++;
            }
            return;
        }
        final int length = FrameDescriptor.payloadLength(frameLength);
        if (batch.remaining() != length) {
            difference(cursor, buffer, offset, "length in the log=" + batch.remaining() + ", in the journal=" + length);
            return;
        }
        final UnsafeBuffer logged = new UnsafeBuffer(batch);
        for (int i = 0; i < length; i++) {
            if (logged.getByte(i) != buffer.getByte(offset + FrameDescriptor.PAYLOAD_OFFSET + i)) {
                difference(
                        cursor,
                        buffer,
                        offset,
                        "first different byte of the batch=" + i + " (header is " + RecordBatchDescriptor.BATCH_OVERHEAD
                                + " bytes)");
                return;
            }
        }
        equalCount++;
    }

    private void difference(
            final LogFileCursor cursor, final DirectBuffer buffer, final int offset, final String what) {
        differenceCount++;
        if (differences.size() < MAX_DIFFERENCES) {
            differences.add("directory=" + cursor.directory() + ", baseOffset="
                    + FrameDescriptor.baseOffset(buffer, offset) + ", position in the journal="
                    + FrameDescriptor.position(buffer, offset) + ": " + what);
        }
    }

    /** Batches that are the same in journal and log. */
    public long equalCount() {
        return equalCount;
    }

    /** Batches that no log has yet. */
    public long notDrainedCount() {
        return notDrainedCount;
    }

    /** Batches whose partition was deleted, or that retention deleted. */
    public long deletedCount() {
        return deletedCount;
    }

    /** Batches that are not compared, because compaction may have changed or removed them in the log. */
    public long compactedCount() {
        return compactedCount;
    }

    /** Batches that differ; 0 is what it should be. */
    public long differenceCount() {
        return differenceCount;
    }

    /** The first hundred differences, each with directory, offset, position and what differs. */
    public List<String> differences() {
        return List.copyOf(differences);
    }

    @Override
    public void close() {
        cursors.values().forEach(LogFileCursor::close);
        cursors.clear();
    }
}
