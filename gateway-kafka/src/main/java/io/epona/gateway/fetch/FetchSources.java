package io.epona.gateway.fetch;

import io.epona.controller.ClusterController;
import io.epona.controller.ClusterImage;
import io.epona.gateway.LeaderHints;
import io.epona.gateway.log.FrameIndex;
import io.epona.partitionlog.PartitionLogs;
import io.epona.runtime.NodeClock;

/** Where fetches look: metadata, memory, partition logs. Gateway thread only. */
record FetchSources(
        ClusterController controller, FrameIndex index, PartitionLogs logs, NodeClock clock, LeaderHints hints) {
    ClusterImage image() {
        return controller.image();
    }

    /** Sees what was committed up to now. */
    void catchUp() {
        index.poll(clock.nanoTime());
    }
}
