package io.epona.controller;

import org.apache.kafka.image.MetadataDelta;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.metadata.PartitionRegistration;

/** Tells Kafka's image what lanes have become. Pure. */
final class LaneSync {
    private LaneSync() {}

    /** Kafka's image with each partition as its lane is; the same object when nothing differs. */
    static MetadataImage applied(ClusterImage image) {
        MetadataImage base = image.baseKafkaImage();
        MetadataDelta delta = new MetadataDelta.Builder().setImage(base).build();
        image.forEachPartition(partition -> {
            PartitionRegistration known = base.topics().getPartition(partition.topicId(), partition.partition());
            if (!PartitionRecords.agrees(known, partition.lane())) {
                delta.replay(
                        PartitionRecords.kafkaRecord(partition.topicId(), partition.partition(), partition.lane()));
            }
        });
        return delta.topicsDelta() == null ? base : delta.apply(base.provenance());
    }
}
