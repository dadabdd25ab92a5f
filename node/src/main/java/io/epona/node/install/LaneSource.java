package io.epona.node.install;

import io.epona.journal.JournalBounds;
import io.epona.partitionlog.ShelfAgent;
import io.epona.runtime.LaneCounters;
import io.epona.runtime.LaneRole;
import io.epona.sequencer.CheckpointAgent;

/**
 * A lane of this node, from which others may install theirs while it leads.
 *
 * @param role tells whether it leads
 * @param counters its positions
 * @param shelf drains into the partition logs
 * @param checkpoint makes checkpoints
 * @param bounds of its journal
 * @param journalLength bytes of frames that its journal holds
 */
public record LaneSource(
        LaneRole role,
        LaneCounters counters,
        ShelfAgent shelf,
        CheckpointAgent checkpoint,
        JournalBounds bounds,
        long journalLength) {
    boolean isLeading() {
        return role.leadingEpoch().getAcquire() != LaneRole.NOT_LEADING;
    }
}
