package io.epona.controller;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Which partitions came and went between two images.
 *
 * @param opened partitions that the later image has and the earlier has not, by partition index.
 * @param closed partitions that the earlier image has and the later has not, by partition index.
 */
public record PartitionChanges(List<PartitionInfo> opened, List<PartitionInfo> closed) {
    /**
     * Compares two images. Costs time in proportion to what changed.
     *
     * @param old the earlier image.
     * @param now the later image.
     * @return the difference.
     */
    public static PartitionChanges between(ClusterImage old, ClusterImage now) {
        List<PartitionInfo> opened = new ArrayList<>();
        List<PartitionInfo> closed = new ArrayList<>();
        PartitionTable before = old.partitionTable();
        PartitionTable after = now.partitionTable();
        int chunkCount = Math.max(before.chunkCount(), after.chunkCount());
        for (int i = 0; i < chunkCount; i++) {
            PartitionInfo[] beforeChunk = before.chunk(i);
            PartitionInfo[] afterChunk = after.chunk(i);
            if (beforeChunk != afterChunk) {
                addMissing(afterChunk, beforeChunk, opened::add);
                addMissing(beforeChunk, afterChunk, closed::add);
            }
        }
        return new PartitionChanges(opened, closed);
    }

    /**
     * Whether no partition came or went.
     *
     * @return true when both lists are empty.
     */
    public boolean isEmpty() {
        return opened.isEmpty() && closed.isEmpty();
    }

    private static void addMissing(PartitionInfo[] from, PartitionInfo[] in, Consumer<PartitionInfo> sink) {
        if (from == null) {
            return;
        }
        for (int i = 0; i < from.length; i++) {
            if (from[i] != null && (in == null || in[i] == null)) {
                sink.accept(from[i]);
            }
        }
    }
}
