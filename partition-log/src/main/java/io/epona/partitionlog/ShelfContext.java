package io.epona.partitionlog;

import io.epona.journal.LogRing;
import io.epona.runtime.FatalHandler;
import io.epona.runtime.LaneCounters;
import io.epona.runtime.NodeClock;

/**
 * What one lane's shelf agent works with.
 *
 * @param laneId the lane
 * @param ring its log ring
 * @param spanLength frames never straddle a multiple of it: {@code ring.spanLength(segmentLength)}
 * @param counters its counters; the agent writes {@code drained} and {@code shelved}
 * @param logs the node's partition logs
 * @param clock the node's clock
 * @param fatal told when the agent cannot go on
 */
public record ShelfContext(
        int laneId,
        LogRing ring,
        int spanLength,
        LaneCounters counters,
        PartitionLogs logs,
        NodeClock clock,
        FatalHandler fatal) {}
