package io.epona.journal;

/**
 * What the header block of a segment file says. Values only; {@link SegmentHeaderCodec} reads and writes the block.
 *
 * @param laneId of the lane.
 * @param clusterIdHigh upper half of the cluster's id.
 * @param clusterIdLow lower half of the cluster's id.
 * @param nodeId of the node.
 * @param segmentIndex which file this is.
 * @param segmentCount files of the lane.
 * @param segmentLength bytes of frames in the file.
 * @param segmentNumber which part of the log the file holds, {@link #NEVER_USED} when none yet.
 * @param firstPosition of the segment; 0 when never used.
 * @param ringLength longest log ring that wrote into the segment.
 * @param createdTimeMs when the file was made, ms since the Unix epoch.
 * @param durablePosition everything below it is durable.
 * @param maxWriteLength no single device write into the segment was longer.
 * @param startPosition the log has no byte below it in this segment: {@code firstPosition}, but where a log was begun.
 */
public record SegmentHeader(
        int laneId,
        long clusterIdHigh,
        long clusterIdLow,
        int nodeId,
        int segmentIndex,
        int segmentCount,
        long segmentLength,
        long segmentNumber,
        long firstPosition,
        int ringLength,
        long createdTimeMs,
        long durablePosition,
        int maxWriteLength,
        long startPosition) {
    /** Segment number of a file that holds no part of the log yet. */
    public static final long NEVER_USED = -1;

    /** Segment number of the file whose segment a log is being begun in; a start that finds it begins again. */
    public static final long BEING_BEGUN = -2;

    /** True when the file holds a part of the log. */
    public boolean isUsed() {
        return segmentNumber != NEVER_USED;
    }

    /** Frames of this segment never straddle a multiple of this. */
    public int spanLength() {
        return (int) Math.min(ringLength, segmentLength);
    }

    /** Position after the segment's last byte. */
    public long endPosition() {
        return firstPosition + segmentLength;
    }
}
