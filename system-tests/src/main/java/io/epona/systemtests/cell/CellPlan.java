package io.epona.systemtests.cell;

import io.epona.journal.JournalConfig;
import java.nio.file.Path;

/**
 * Sizes and habits of one simulated cell, small, so that rings and segments wrap often; all from the seed.
 *
 * @param nodeCount 3 or 5.
 * @param minInSync of all topics.
 * @param partitions of the only topic.
 * @param segmentLength bytes of frames in a segment.
 * @param segmentCount of each journal.
 * @param blockLength unit of device writes.
 * @param maxWriteLength longest device write.
 * @param ringLength of each log ring.
 * @param maxLagNs how far a follower may be behind before it is left out.
 * @param sessionTimeoutNs of the metadata quorum.
 * @param chaosNs how long faults happen.
 * @param faultEveryNs mean time between two faults.
 * @param producers that are idempotent and wait for all replicas.
 * @param sendEveryNs mean time between two batches of a producer.
 * @param hasMulticast whether leaders send to all followers at once.
 */
public record CellPlan(
        int nodeCount,
        int minInSync,
        int partitions,
        long segmentLength,
        int segmentCount,
        int blockLength,
        int maxWriteLength,
        int ringLength,
        long maxLagNs,
        long sessionTimeoutNs,
        long chaosNs,
        long faultEveryNs,
        int producers,
        long sendEveryNs,
        boolean hasMulticast) {
    static final int LANE_ID = 0;
    static final int LANE_COUNT = 1;

    private static final long RESTART_NS = 2_000_000_000L;
    private static final long TYPICAL_BATCH_LENGTH = 1_024;

    static CellPlan of(final Chance chance, final boolean hasMulticast) {
        final int nodeCount = chance.oneIn(6) ? 5 : 3;
        final int minInSync = chance.oneIn(4) ? 1 : nodeCount == 5 ? 3 : 2;
        final long segmentLength = 16 * 1024L << chance.below(2);
        final int ringLength = (int) segmentLength << chance.below(2);
        final boolean isRecycling = chance.oneIn(3);
        final int segmentCount = isRecycling ? chance.between(4, 6) : chance.between(12, 16);
        final int blockLength = chance.oneIn(4) ? 512 : 4096;
        final long chaosNs = chance.between(1_500_000_000L, 4_000_000_000L);
        return new CellPlan(
                nodeCount,
                minInSync,
                chance.between(1, 3),
                segmentLength,
                segmentCount,
                blockLength,
                blockLength << chance.below(4),
                ringLength,
                chance.between(80_000_000L, 300_000_000L),
                chance.between(150_000_000L, 400_000_000L),
                chaosNs,
                chance.spreadNs(60_000_000, 800_000_000),
                chance.between(1, 4),
                chance.spreadNs(3_000_000, 30_000_000),
                hasMulticast);
    }

    int spanLength() {
        return (int) Math.min(ringLength, segmentLength);
    }

    /**
     * Mean time between two batches of each producer that leaves half of a journal for what is written while a node is
     * started anew: what was fetched for it reaches to the journals of the others, which must still have the rest.
     */
    long restartIntervalNs() {
        return (producers + 1) * RESTART_NS * TYPICAL_BATCH_LENGTH / (segmentLength * segmentCount / 2);
    }

    int maxBatchLength() {
        return Math.min(ringLength / 8, 7 * 1024);
    }

    JournalConfig journal(final int nodeId, final long clusterHigh, final long clusterLow) {
        return new JournalConfig(
                Path.of("simulated"),
                LANE_ID,
                clusterHigh,
                clusterLow,
                nodeId,
                segmentLength,
                segmentCount,
                blockLength,
                maxWriteLength);
    }
}
