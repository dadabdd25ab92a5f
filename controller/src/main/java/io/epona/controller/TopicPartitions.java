package io.epona.controller;

import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.image.TopicImage;

/** Joins what Kafka's records say of a topic's partitions with where they were placed. Used once per image. */
final class TopicPartitions {
    private final List<LaneInfo> lanes;
    private final PartitionTable.Builder table;

    /**
     * Begins.
     *
     * @param lanes as the image has them.
     * @param table gets what is new or changed.
     */
    TopicPartitions(List<LaneInfo> lanes, PartitionTable.Builder table) {
        this.lanes = lanes;
        this.table = table;
    }

    /**
     * The partitions of a topic, those that did not change being the same objects as before.
     *
     * @param after Kafka's image of the topic.
     * @param before the topic in the base image, or null.
     * @param placements placements since the base image, by partition number.
     */
    PartitionInfo[] of(TopicImage after, TopicInfo before, Map<Integer, MetadataRecord.Placement> placements) {
        int count = after.partitions().size();
        PartitionInfo[] infos = new PartitionInfo[count];
        for (int partition = 0; partition < count; partition++) {
            if (after.partitions().get(partition) == null) {
                throw new IllegalStateException("metadata without a partition: topic=" + after.name() + ", partition="
                        + partition + ", count=" + count);
            }
            PartitionInfo old = before == null ? null : before.partition(partition);
            infos[partition] = partition(after, partition, old, placements.get(partition));
            if (infos[partition] != old) {
                table.put(infos[partition]);
            }
        }
        return infos;
    }

    /** A topic of the base image, on lanes some of which have changed. */
    TopicInfo follow(TopicInfo topic) {
        PartitionInfo[] infos = null;
        for (int partition = 0; partition < topic.partitionCount(); partition++) {
            PartitionInfo old = topic.partition(partition);
            LaneInfo lane = lane(old.laneId(), old.id());
            if (lane != old.lane()) {
                infos = infos == null ? topic.partitions().toArray(PartitionInfo[]::new) : infos;
                infos[partition] = new PartitionInfo(old.id(), old.partitionIndex(), lane);
                table.put(infos[partition]);
            }
        }
        return infos == null ? topic : topic.withPartitions(infos);
    }

    private PartitionInfo partition(
            TopicImage topic, int partition, PartitionInfo old, MetadataRecord.Placement placement) {
        if (placement != null) {
            TopicIdPartition id = new TopicIdPartition(topic.id(), new TopicPartition(topic.name(), partition));
            return new PartitionInfo(id, placement.partitionIndex(), lane(placement.laneId(), id));
        }
        if (old == null) {
            throw new IllegalStateException(
                    "partition without a placement: topic=" + topic.name() + ", partition=" + partition);
        }
        LaneInfo lane = lane(old.laneId(), old.id());
        return lane == old.lane() ? old : new PartitionInfo(old.id(), old.partitionIndex(), lane);
    }

    private LaneInfo lane(int laneId, TopicIdPartition partition) {
        if (laneId >= lanes.size()) {
            throw new MetadataLogException("a partition is on a lane that is not configured: partition="
                    + partition.topicPartition() + ", lane=" + laneId + ", laneCount=" + lanes.size()
                    + "; set the lane count back to at least " + (laneId + 1));
        }
        return lanes.get(laneId);
    }
}
