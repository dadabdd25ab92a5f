package io.epona.node.install;

import io.epona.journal.JournalConfig;
import io.epona.partitionlog.ShelfAgent;
import io.epona.runtime.LaneCounters;
import io.epona.sequencer.InstallGate;

/**
 * A lane of this node, which may have to be installed.
 *
 * @param gate where it says so, and is held
 * @param counters its positions
 * @param shelf drains what is committed into the partition logs, until the lane is held
 * @param journal what its journal is
 */
public record InstalledLane(InstallGate gate, LaneCounters counters, ShelfAgent shelf, JournalConfig journal) {
    int laneId() {
        return journal.laneId();
    }

    /** Nothing is appended to its partition logs any more, and nothing waits to be flushed. */
    boolean isQuiet() {
        final long drained = counters.drained().getAcquire();
        return gate.isHeld()
                && drained >= counters.committed().getAcquire()
                && counters.shelved().getAcquire() >= drained;
    }
}
