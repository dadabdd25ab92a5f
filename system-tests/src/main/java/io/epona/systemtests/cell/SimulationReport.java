package io.epona.systemtests.cell;

/**
 * What happened in one seed without a broken promise.
 *
 * @param seed of it.
 * @param plan that the seed made.
 * @param eventCount steps after each of which everything was checked.
 * @param acknowledgedCount batches acknowledged by all replicas.
 * @param startCount starts of nodes.
 * @param leaderChangeCount leaders that began.
 * @param faultCount faults injected.
 * @param isDataGone true when faults took the last copy away, which no cell can stand: the seed ended there.
 * @param fingerprint equal for two runs of a seed.
 */
public record SimulationReport(
        long seed,
        CellPlan plan,
        long eventCount,
        int acknowledgedCount,
        int startCount,
        int leaderChangeCount,
        int faultCount,
        boolean isDataGone,
        long fingerprint) {}
