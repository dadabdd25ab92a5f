package io.epona.gateway.log;

import io.epona.journal.LogRing;
import io.epona.runtime.LaneCounters;

/**
 * What a gateway may see of a lane: its ring, read only, and its positions.
 *
 * @param laneId number of the lane, which is its index in lists of lanes.
 * @param ring the lane's log ring.
 * @param spanLength that frames never straddle a multiple of.
 * @param counters the lane's positions.
 */
public record LaneView(int laneId, LogRing ring, int spanLength, LaneCounters counters) {}
