package io.epona.journal;

import java.nio.file.Path;
import org.agrona.BitUtil;

/**
 * What a lane's journal is. Everything but {@code directory}, {@code blockLength} and {@code maxWriteLength} is written
 * into each segment file when it is made and must be the same ever after.
 *
 * @param directory that holds {@code lane-<id>}; must exist.
 * @param laneId of the lane, 0 to 65,535.
 * @param clusterIdHigh upper half of the cluster's id.
 * @param clusterIdLow lower half of the cluster's id.
 * @param nodeId of this node.
 * @param segmentLength bytes of frames in a segment file, a power of two, at least a block.
 * @param segmentCount segment files, 2 to 1,000.
 * @param blockLength unit of device writes, a power of two, 512 to 4,096.
 * @param maxWriteLength longest single device write, a multiple of the block length.
 */
public record JournalConfig(
        Path directory,
        int laneId,
        long clusterIdHigh,
        long clusterIdLow,
        int nodeId,
        long segmentLength,
        int segmentCount,
        int blockLength,
        int maxWriteLength) {
    /**
     * Checks each value and how they relate; throws {@link IllegalArgumentException} naming the first that is wrong.
     */
    public JournalConfig {
        check(laneId >= 0 && laneId <= 0xFFFF, "laneId", laneId);
        check(
                BitUtil.isPowerOfTwo(blockLength)
                        && blockLength >= JournalLimits.MIN_BLOCK_LENGTH
                        && blockLength <= JournalLimits.HEADER_BLOCK_LENGTH,
                "blockLength",
                blockLength);
        check(
                BitUtil.isPowerOfTwo(segmentLength) && segmentLength >= JournalLimits.HEADER_BLOCK_LENGTH,
                "segmentLength",
                segmentLength);
        check(
                segmentCount >= JournalLimits.MIN_SEGMENT_COUNT && segmentCount <= JournalLimits.MAX_SEGMENT_COUNT,
                "segmentCount",
                segmentCount);
        check(
                maxWriteLength >= blockLength
                        && maxWriteLength % blockLength == 0
                        && maxWriteLength <= JournalLimits.MAX_WRITE_LENGTH,
                "maxWriteLength",
                maxWriteLength);
    }

    /** With the default block and write lengths. */
    public static JournalConfig of(
            final Path directory,
            final int laneId,
            final long clusterIdHigh,
            final long clusterIdLow,
            final int nodeId,
            final long segmentLength,
            final int segmentCount) {
        return new JournalConfig(
                directory,
                laneId,
                clusterIdHigh,
                clusterIdLow,
                nodeId,
                segmentLength,
                segmentCount,
                JournalLimits.DEFAULT_BLOCK_LENGTH,
                JournalLimits.DEFAULT_MAX_WRITE_LENGTH);
    }

    /** Directory of this lane's segment files, checkpoints and lock. */
    public Path laneDirectory() {
        return laneDirectory(directory, laneId);
    }

    /** Directory of a lane below a journal directory. */
    public static Path laneDirectory(final Path directory, final int laneId) {
        return directory.resolve("lane-" + laneId);
    }

    /** Bytes of frames that all segments hold together: how far the log may run ahead of what may be recycled. */
    public long capacity() {
        return segmentLength * segmentCount;
    }

    /** Length of a segment file, with its header block. */
    public long fileLength() {
        return JournalLimits.HEADER_BLOCK_LENGTH + segmentLength;
    }

    /** Number of the segment that holds a position; grows for ever. */
    public long segmentNumber(final long position) {
        return position >>> Long.numberOfTrailingZeros(segmentLength);
    }

    /** Which file holds a segment. */
    public int fileIndex(final long segmentNumber) {
        return (int) (segmentNumber % segmentCount);
    }

    /** Where in its segment file a position is. */
    public long fileOffset(final long position) {
        return JournalLimits.HEADER_BLOCK_LENGTH + (position & (segmentLength - 1));
    }

    private static void check(final boolean good, final String name, final long value) {
        if (!good) {
            throw new IllegalArgumentException("value is out of its range: " + name + "=" + value);
        }
    }
}
