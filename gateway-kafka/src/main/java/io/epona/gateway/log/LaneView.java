package io.epona.gateway.log;

import io.epona.journal.LogRing;
import io.epona.runtime.LaneCounters;
import io.epona.runtime.LaneRole;

/**
 * What a gateway may see of a lane: its ring, read only, its positions and its role on this node.
 *
 * @param laneId number of the lane, which is its index in lists of lanes.
 * @param ring the lane's log ring.
 * @param spanLength that frames never straddle a multiple of.
 * @param counters the lane's positions.
 * @param role whether this node leads the lane.
 */
public record LaneView(int laneId, LogRing ring, int spanLength, LaneCounters counters, LaneRole role) {}
