package io.epona.controller;

import java.util.HashSet;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.metadata.RemoveTopicRecord;
import org.apache.kafka.common.metadata.TopicRecord;
import org.apache.kafka.image.MetadataDelta;

/** Which topics and partitions came and went between two images, in the form that Kafka's coordinators take. Pure. */
public final class KafkaTopicsDelta {
    private KafkaTopicsDelta() {}

    /**
     * Compares two images. Costs time in proportion to what changed.
     *
     * @param old the earlier image.
     * @param now the later image.
     * @return the difference, of topics and partitions alone; null when there is none.
     */
    public static MetadataDelta between(ClusterImage old, ClusterImage now) {
        PartitionChanges changes = PartitionChanges.between(old, now);
        if (changes.isEmpty()) {
            return null;
        }
        MetadataDelta delta =
                new MetadataDelta.Builder().setImage(old.kafkaTopics()).build();
        Set<Uuid> told = new HashSet<>();
        for (PartitionInfo closed : changes.closed()) {
            if (now.topic(closed.topicId()) == null && told.add(closed.topicId())) {
                delta.replay(new RemoveTopicRecord().setTopicId(closed.topicId()));
            }
        }
        for (PartitionInfo opened : changes.opened()) {
            if (old.topic(opened.topicId()) == null && told.add(opened.topicId())) {
                delta.replay(new TopicRecord().setName(opened.topic()).setTopicId(opened.topicId()));
            }
            delta.replay(PartitionRecords.kafkaRecord(opened.topicId(), opened.partition(), opened.lane()));
        }
        return delta;
    }
}
