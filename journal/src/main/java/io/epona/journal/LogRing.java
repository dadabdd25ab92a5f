package io.epona.journal;

import io.epona.runtime.LaneCounters;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.agrona.BitUtil;
import org.agrona.BufferUtil;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The newest part of a lane's log in memory, page-aligned, so that the device can read it directly. One thread writes
 * (the lane), any number reads; who may touch which bytes is told by the lane's position counters.
 *
 * <p>{@link #map} takes memory from a file in {@code /dev/shm} or a hugetlbfs mount; the name is removed at once, so
 * that nothing is left behind however the process ends. {@link #close()} unmaps: only after all threads that use it
 * ended.
 */
public final class LogRing implements AutoCloseable {
    private static final int PAGE_LENGTH = 4096;
    private static final int FILL_LENGTH = 1024 * 1024;

    private final UnsafeBuffer buffer;
    private final int mask;
    private final Arena arena;
    private volatile long floorPosition;

    private LogRing(final UnsafeBuffer buffer, final Arena arena) {
        this.buffer = buffer;
        this.mask = buffer.capacity() - 1;
        this.arena = arena;
    }

    /**
     * Maps a new ring, all zero, every page present.
     *
     * @param ringDirectory on a memory file system.
     * @param name of the file, while it has one; one that exists is replaced.
     * @param length in bytes: a power of two, at least 4,096.
     * @throws JournalRefusedException when the directory is missing, not writable or has too little space.
     */
    public static LogRing map(final Path ringDirectory, final String name, final int length) {
        checkLength(length);
        if (!Files.isDirectory(ringDirectory)) {
            throw new JournalRefusedException(
                    "directory of the log rings does not exist: directory=" + ringDirectory,
                    "set it to a memory file system such as /dev/shm");
        }
        final Path path = ringDirectory.resolve(name);
        final Arena arena = Arena.ofShared();
        try {
            Files.deleteIfExists(path);
            try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
                final UnsafeBuffer buffer = map(path, file, arena, length);
                return new LogRing(buffer, arena);
            } finally {
                Files.deleteIfExists(path);
            }
        } catch (final IOException ex) {
            arena.close();
            throw new JournalRefusedException(
                    "no log ring could be mapped: file=" + path + ", length=" + length + ", error=" + ex.getMessage(),
                    "make room there (df " + ringDirectory + "), or configure another directory or a shorter ring",
                    ex);
        }
    }

    private static UnsafeBuffer map(final Path path, final RandomAccessFile file, final Arena arena, final int length)
            throws IOException {
        final boolean huge = FileSystemType.of(path).isHugePages();
        if (huge) {
            file.setLength(length);
        } else {
            fill(file.getChannel(), length);
        }
        final ByteBuffer mapped = file.getChannel()
                .map(FileChannel.MapMode.READ_WRITE, 0, length, arena)
                .asByteBuffer();
        return new UnsafeBuffer(mapped);
    }

    /** Writing, instead of only setting the length, shows a full memory file system now and not as a signal later. */
    private static void fill(final FileChannel channel, final int length) throws IOException {
        final ByteBuffer zeros = ByteBuffer.allocateDirect(Math.min(length, FILL_LENGTH));
        long position = 0;
        while (position < length) {
            zeros.clear().limit((int) Math.min(zeros.capacity(), length - position));
            position += channel.write(zeros, position);
        }
    }

    /**
     * A ring in this process's own memory: for tests and tools.
     *
     * @param length in bytes: a power of two, at least 4,096.
     */
    public static LogRing allocate(final int length) {
        checkLength(length);
        return new LogRing(new UnsafeBuffer(BufferUtil.allocateDirectAligned(length, PAGE_LENGTH)), null);
    }

    private static void checkLength(final int length) {
        if (!BitUtil.isPowerOfTwo(length) || length < PAGE_LENGTH) {
            throw new IllegalArgumentException(
                    "ring length must be a power of two, at least " + PAGE_LENGTH + ": length=" + length);
        }
    }

    /** The memory. */
    public AtomicBuffer buffer() {
        return buffer;
    }

    /** Bytes in the ring. */
    public int length() {
        return mask + 1;
    }

    /** Length less one. */
    public int mask() {
        return mask;
    }

    /** Where in the buffer the byte of a position is. */
    public int offset(final long position) {
        return (int) position & mask;
    }

    /**
     * No byte of a lower position is in the ring, whatever {@code appended} says: recovery begins there, and a cut
     * takes {@code appended} back but not what was overwritten before.
     */
    public long floorPosition() {
        return floorPosition;
    }

    /**
     * Raises the floor; it never falls. Called by whoever loads the ring, before its readers start, and by who cuts the
     * log, before {@code appended} is taken back.
     */
    void raiseFloor(final long position) {
        if (position > floorPosition) {
            floorPosition = position;
        }
    }

    /**
     * Lowest position whose bytes in the ring are certainly there and not overwritten yet: as
     * {@link RingLimits#oldestIntactPosition}, and not below {@link #floorPosition()}.
     *
     * @param appended as read after the copy.
     */
    public long oldestIntactPosition(final long appended) {
        return Math.max(floorPosition, RingLimits.oldestIntactPosition(appended, length()));
    }

    /**
     * Lowest position that is certainly in the ring for a reader whom the lane does not wait for: it overwrites only
     * what is drained, and only below its published limit.
     *
     * @param counters of the lane.
     */
    public long oldestIntactPosition(final LaneCounters counters) {
        final long appended = counters.appended().getAcquire();
        final long drained = counters.drained().getAcquire();
        return Math.min(drained, oldestIntactPosition(appended));
    }

    /**
     * Whether the bytes of a position, read before this call, were what the lane wrote there.
     *
     * @param counters of the lane.
     */
    public boolean isIntact(final long position, final LaneCounters counters) {
        VarHandle.loadLoadFence();
        return position >= oldestIntactPosition(counters);
    }

    /** Frames never straddle a multiple of this: the smaller of ring and segment. */
    public int spanLength(final long segmentLength) {
        return (int) Math.min(length(), segmentLength);
    }

    @Override
    public void close() {
        if (null != arena && arena.scope().isAlive()) {
            arena.close();
        }
    }
}
