package io.epona.controller;

import java.util.List;
import org.apache.kafka.common.Uuid;

/** What a node's copy of a lane is worth when the node starts. Pure. */
final class LaneStanding {
    private LaneStanding() {}

    /**
     * Judges a copy.
     *
     * <p>A node that registers for the first time has never acknowledged anything, so that nothing can be missing.
     * Later a copy counts as lost when it is in another data directory than before or says so itself, and stays lost
     * until it has caught up; a clean stop leaves it what it was before; any other stop makes it unclean. Only the
     * newest start can have stopped cleanly: a directory that shows another clean stop was put back from a copy.
     *
     * <p>A lost copy that was the last one in sync can be replaced by nothing but the directory that had it. Its id is
     * kept, so that the lane comes back with it.
     *
     * @param known the node as it registered before; null when it never has.
     * @param position what the node says of the lane.
     */
    static NodeState.LaneCopy atStart(
            LaneInfo lane, NodeState known, NodeRegistration registration, LanePosition position) {
        Uuid storageId = registration.storageId();
        if (known == null) {
            return copy(Standing.SOUND, storageId, position);
        }
        NodeState.LaneCopy before = known.lane(lane.laneId());
        boolean isSameStorage = before.storageId().equals(storageId);
        if (!isSameStorage || !position.isIntact()) {
            boolean isLast = lane.isr().equals(List.of(known.nodeId()));
            return copy(Standing.LOST, isLast ? before.storageId() : storageId, position);
        }
        boolean isBack =
                before.standing() == Standing.LOST && !known.storageId().equals(storageId);
        if (isBack) {
            return copy(Standing.UNCLEAN, storageId, position);
        }
        boolean isClean = registration.cleanStopOf().equals(known.incarnationId());
        return copy(
                isClean || before.standing() == Standing.LOST ? before.standing() : Standing.UNCLEAN,
                storageId,
                position);
    }

    private static NodeState.LaneCopy copy(Standing standing, Uuid storageId, LanePosition position) {
        return new NodeState.LaneCopy(standing, storageId, position.lastEpoch(), position.endPosition());
    }
}
