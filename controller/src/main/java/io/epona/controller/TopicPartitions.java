package io.epona.controller;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.image.TopicImage;
import org.apache.kafka.metadata.PartitionRegistration;

/** Joins what Kafka's records say of a topic's partitions with where they were placed. Pure. */
final class TopicPartitions {
    private TopicPartitions() {}

    /**
     * The partitions of a topic, those that did not change being the same objects as before.
     *
     * @param after Kafka's image of the topic.
     * @param before the topic in the base image, or null.
     * @param placements placements since the base image, by partition number.
     * @param table gets what is new or changed.
     */
    static PartitionInfo[] of(
            TopicImage after,
            TopicInfo before,
            Map<Integer, MetadataRecord.Placement> placements,
            PartitionTable.Builder table) {
        int count = after.partitions().size();
        PartitionInfo[] infos = new PartitionInfo[count];
        for (int partition = 0; partition < count; partition++) {
            PartitionRegistration registration = after.partitions().get(partition);
            if (registration == null) {
                throw new IllegalStateException("metadata without a partition: topic=" + after.name() + ", partition="
                        + partition + ", count=" + count);
            }
            PartitionInfo old = before == null ? null : before.partition(partition);
            infos[partition] = partition(after, partition, registration, old, placements.get(partition));
            if (infos[partition] != old) {
                table.put(infos[partition]);
            }
        }
        return infos;
    }

    private static PartitionInfo partition(
            TopicImage topic,
            int partition,
            PartitionRegistration registration,
            PartitionInfo old,
            MetadataRecord.Placement placement) {
        if (old == null && placement == null) {
            throw new IllegalStateException(
                    "partition without a placement: topic=" + topic.name() + ", partition=" + partition);
        }
        if (old != null && placement == null && unchanged(old, registration)) {
            return old;
        }
        return new PartitionInfo(
                new TopicIdPartition(topic.id(), new TopicPartition(topic.name(), partition)),
                placement == null ? old.partitionIndex() : placement.partitionIndex(),
                placement == null ? old.laneId() : placement.laneId(),
                registration.leader,
                registration.leaderEpoch,
                nodeIds(registration.replicas),
                nodeIds(registration.isr));
    }

    private static boolean unchanged(PartitionInfo old, PartitionRegistration registration) {
        return old.leader() == registration.leader
                && old.leaderEpoch() == registration.leaderEpoch
                && old.replicas().equals(nodeIds(registration.replicas))
                && old.isr().equals(nodeIds(registration.isr));
    }

    private static List<Integer> nodeIds(int[] ids) {
        return ids.length == 1 ? List.of(ids[0]) : Arrays.stream(ids).boxed().toList();
    }
}
