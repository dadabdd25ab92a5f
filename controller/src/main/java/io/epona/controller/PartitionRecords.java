package io.epona.controller;

import java.util.Collections;
import java.util.List;
import org.apache.kafka.common.DirectoryId;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.metadata.PartitionRecord;
import org.apache.kafka.metadata.LeaderRecoveryState;
import org.apache.kafka.metadata.PartitionRegistration;
import org.apache.kafka.server.common.MetadataVersion;

/** Makes the two records of each new partition: Kafka's, and the lane and index that it gets. */
final class PartitionRecords {
    private final MetadataVersion metadataVersion;
    private final LanePlacer placer;

    PartitionRecords(ClusterImage image) {
        metadataVersion = image.baseKafkaImage().features().metadataVersionOrThrow();
        placer = new LanePlacer(image);
    }

    /**
     * Adds the records of a partition.
     *
     * @param preferredLeader the node that its lane shall prefer as leader, {@link LaneInfo#NO_LEADER} for any.
     */
    void add(List<MetadataRecord> records, Uuid topicId, int partition, int preferredLeader) {
        LaneInfo lane = placer.nextLane(preferredLeader);
        records.add(
                MetadataRecord.kafka(kafkaRecord(topicId, partition, lane), metadataVersion.partitionRecordVersion()));
        records.add(new MetadataRecord.Placement(topicId, partition, placer.nextPartitionIndex(), lane.laneId()));
    }

    /** Kafka's record of a partition on a lane. */
    static PartitionRecord kafkaRecord(Uuid topicId, int partition, LaneInfo lane) {
        return new PartitionRecord()
                .setTopicId(topicId)
                .setPartitionId(partition)
                .setReplicas(lane.replicas())
                .setIsr(lane.isr())
                .setRemovingReplicas(List.of())
                .setAddingReplicas(List.of())
                .setLeader(lane.leader())
                .setLeaderEpoch(lane.leaderEpoch())
                .setPartitionEpoch(lane.version())
                .setLeaderRecoveryState(LeaderRecoveryState.RECOVERED.value())
                .setDirectories(Collections.nCopies(lane.replicas().size(), DirectoryId.UNASSIGNED));
    }

    /** Whether Kafka's image of a partition says what its lane says. */
    static boolean agrees(PartitionRegistration registration, LaneInfo lane) {
        return registration.leader == lane.leader()
                && registration.leaderEpoch == lane.leaderEpoch()
                && registration.partitionEpoch == lane.version()
                && same(registration.isr, lane.isr())
                && same(registration.replicas, lane.replicas());
    }

    private static boolean same(int[] ids, List<Integer> expected) {
        for (int i = 0; i < ids.length; i++) {
            if (i >= expected.size() || ids[i] != expected.get(i)) {
                return false;
            }
        }
        return ids.length == expected.size();
    }
}
