package io.epona.sequencer;

/**
 * Sizes and names of a lane.
 *
 * @param laneId of the lane, 0 to 65,535.
 * @param segmentLength bytes of frames in a journal segment.
 * @param segmentCount journal segments.
 * @param blockLength unit of the journal's device writes, bytes.
 * @param maxBatchLength longest record batch that a command carries, bytes.
 */
public record LaneConfig(int laneId, long segmentLength, int segmentCount, int blockLength, int maxBatchLength) {}
