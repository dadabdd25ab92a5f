package io.epona.controller;

import java.util.List;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;

/**
 * One partition: who it is, which lane carries it, who leads it. Immutable.
 *
 * @param id topic id, topic name and partition number.
 * @param partitionIndex its number in frames, lane commands and checkpoints; never used again after it is deleted.
 * @param laneId the lane that sequences it.
 * @param leader node id of the leader, -1 when there is none.
 * @param leaderEpoch grows with each change of the leader.
 * @param replicas node ids, preferred leader first.
 * @param isr the replicas that are in sync.
 */
public record PartitionInfo(
        TopicIdPartition id,
        int partitionIndex,
        int laneId,
        int leader,
        int leaderEpoch,
        List<Integer> replicas,
        List<Integer> isr) {
    /**
     * The name of the topic.
     *
     * @return the name.
     */
    public String topic() {
        return id.topic();
    }

    /**
     * The id of the topic.
     *
     * @return the id, never {@link Uuid#ZERO_UUID}.
     */
    public Uuid topicId() {
        return id.topicId();
    }

    /**
     * The number of the partition in its topic.
     *
     * @return the number, from 0.
     */
    public int partition() {
        return id.partition();
    }

    /**
     * Topic name and partition number in Kafka's form.
     *
     * @return the pair.
     */
    public TopicPartition topicPartition() {
        return id.topicPartition();
    }
}
