package io.epona.controller;

/**
 * What a node has of a lane when it starts.
 *
 * @param laneId the lane.
 * @param isIntact false when what was there is lost: the lane was set aside as damaged, or begins anew.
 * @param lastEpoch leader epoch of the last frame; 0 without frames.
 * @param endPosition where the log ends.
 */
public record LanePosition(int laneId, boolean isIntact, int lastEpoch, long endPosition) {}
