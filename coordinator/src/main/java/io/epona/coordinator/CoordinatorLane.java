package io.epona.coordinator;

import io.epona.journal.LogRing;
import io.epona.runtime.LaneCounters;
import io.epona.runtime.LaneRole;
import io.epona.sequencer.LaneProxy;

/**
 * A lane as coordinators see it.
 *
 * @param laneId number of the lane, which is its index in lists of lanes.
 * @param ring the lane's log ring, read only.
 * @param spanLength that frames never straddle a multiple of.
 * @param counters the lane's positions.
 * @param role whether this node leads the lane.
 * @param proxy of the coordinators alone; {@link LaneAppends} guards it.
 */
public record CoordinatorLane(
        int laneId, LogRing ring, int spanLength, LaneCounters counters, LaneRole role, LaneProxy proxy) {}
