package io.epona.controller;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Which partitions came, went, or have another configuration between two images.
 *
 * @param opened partitions that the later image has and the earlier has not, by partition index.
 * @param closed partitions that the earlier image has and the later has not, by partition index.
 * @param reconfigured partitions that both have, whose topic's own configuration differs; as in the later image.
 */
public record PartitionChanges(
        List<PartitionInfo> opened, List<PartitionInfo> closed, List<PartitionInfo> reconfigured) {
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
        return new PartitionChanges(opened, closed, reconfigured(old, now));
    }

    /**
     * Whether no partition came or went.
     *
     * @return true when nothing is to be opened or closed.
     */
    public boolean isEmpty() {
        return opened.isEmpty() && closed.isEmpty();
    }

    private static List<PartitionInfo> reconfigured(ClusterImage old, ClusterImage now) {
        List<PartitionInfo> reconfigured = new ArrayList<>();
        if (old.baseKafkaImage().configs() == now.baseKafkaImage().configs()) {
            return reconfigured;
        }
        for (TopicInfo topic : now.topics()) {
            TopicInfo before = old.topic(topic.id());
            if (before != null && before != topic && !before.configOverrides().equals(topic.configOverrides())) {
                for (PartitionInfo partition : topic.partitions()) {
                    if (before.partition(partition.partition()) != null) {
                        reconfigured.add(partition);
                    }
                }
            }
        }
        return reconfigured;
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
