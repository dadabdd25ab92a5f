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
 * @param lane the lane that sequences it, as it is in the same image.
 */
public record PartitionInfo(TopicIdPartition id, int partitionIndex, LaneInfo lane) {
    /**
     * The lane that sequences it. Never changes.
     *
     * @return the id of the lane.
     */
    public int laneId() {
        return lane.laneId();
    }

    /**
     * The node that leads the lane.
     *
     * @return its node id, -1 when there is none.
     */
    public int leader() {
        return lane.leader();
    }

    /**
     * The lane's leader epoch.
     *
     * @return grows with each change of the leader.
     */
    public int leaderEpoch() {
        return lane.leaderEpoch();
    }

    /**
     * The nodes that have a copy.
     *
     * @return node ids, preferred leader first.
     */
    public List<Integer> replicas() {
        return lane.replicas();
    }

    /**
     * The replicas that are in sync.
     *
     * @return node ids.
     */
    public List<Integer> isr() {
        return lane.isr();
    }

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
