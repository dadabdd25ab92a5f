package io.epona.controller;

import java.util.Collections;
import java.util.List;
import org.apache.kafka.common.DirectoryId;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.metadata.PartitionRecord;
import org.apache.kafka.metadata.LeaderRecoveryState;
import org.apache.kafka.server.common.MetadataVersion;

/** Makes the two records of each new partition: Kafka's, and the lane and index that it gets. */
final class PartitionRecords {
    private final MetadataVersion metadataVersion;
    private final int leaderEpoch;
    private final LanePlacer placer;

    PartitionRecords(ClusterImage image, ControllerConfig config) {
        metadataVersion = image.kafkaImage().features().metadataVersionOrThrow();
        leaderEpoch = config.leaderEpoch();
        placer = new LanePlacer(image, config.laneCount());
    }

    /** Adds the records of a partition whose replicas, all in sync, are led by the first. */
    void add(List<MetadataRecord> records, Uuid topicId, int partition, List<Integer> replicas) {
        PartitionRecord record = new PartitionRecord()
                .setTopicId(topicId)
                .setPartitionId(partition)
                .setReplicas(replicas)
                .setIsr(replicas)
                .setRemovingReplicas(List.of())
                .setAddingReplicas(List.of())
                .setLeader(replicas.getFirst())
                .setLeaderEpoch(leaderEpoch)
                .setPartitionEpoch(0)
                .setLeaderRecoveryState(LeaderRecoveryState.RECOVERED.value())
                .setDirectories(Collections.nCopies(replicas.size(), DirectoryId.UNASSIGNED));
        records.add(MetadataRecord.kafka(record, metadataVersion.partitionRecordVersion()));
        records.add(new MetadataRecord.Placement(topicId, partition, placer.nextPartitionIndex(), placer.nextLane()));
    }
}
