package io.epona.controller;

import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.image.ConfigurationsImage;
import org.apache.kafka.image.MetadataImage;

/**
 * The metadata of the cluster at one moment. Immutable; any thread may read any of it without cost or lock. Partition
 * objects that did not change are the same objects in the next image.
 */
public final class ClusterImage {
    private final ClusterIdentity identity;
    private final long version;
    private final MetadataImage baseKafkaImage;
    private final Map<Integer, BrokerInfo> brokers;
    private final Topics topics;
    private final PartitionTable partitions;
    private final CellState cell;
    private volatile MetadataImage kafkaImage;

    ClusterImage(
            ClusterIdentity identity,
            long version,
            MetadataImage baseKafkaImage,
            Map<Integer, BrokerInfo> brokers,
            Topics topics,
            PartitionTable partitions,
            CellState cell) {
        this.identity = identity;
        this.version = version;
        this.baseKafkaImage = baseKafkaImage;
        this.brokers = brokers;
        this.topics = topics;
        this.partitions = partitions;
        this.cell = cell;
    }

    /**
     * The cluster's id in Kafka's form: 22 characters.
     *
     * @return the id.
     */
    public String clusterId() {
        return identity.clusterId().toString();
    }

    /**
     * The cluster's id as the journal's headers have it.
     *
     * @return the id.
     */
    public Uuid clusterUuid() {
        return identity.clusterId();
    }

    /**
     * The id of the node whose image this is.
     *
     * @return the node id.
     */
    public int nodeId() {
        return identity.nodeId();
    }

    /**
     * The broker that clients are told is the controller.
     *
     * @return its id; every node can take commands, so it is the node itself.
     */
    public int controllerId() {
        return identity.nodeId();
    }

    /**
     * Position of the newest change in the metadata log. Grows with each image while the process lives.
     *
     * @return the index of the newest entry.
     */
    public long version() {
        return version;
    }

    /**
     * All brokers that ever registered, by id.
     *
     * @return an unmodifiable collection.
     */
    public Collection<BrokerInfo> brokers() {
        return brokers.values();
    }

    /**
     * A broker by id.
     *
     * @param id the id.
     * @return the broker, or null when there is none.
     */
    public BrokerInfo broker(int id) {
        return brokers.get(id);
    }

    /**
     * All lanes.
     *
     * @return unmodifiable, by lane id; empty until the cell has begun.
     */
    public List<LaneInfo> lanes() {
        return cell.lanes();
    }

    /**
     * A lane by id.
     *
     * @param laneId the id, below the number of lanes.
     * @return the lane; the same object as in the image before when nothing about it changed.
     */
    public LaneInfo lane(int laneId) {
        return cell.lanes().get(laneId);
    }

    /**
     * The nodes that are registered and not fenced, as lanes are told.
     *
     * @return bit n: node n; nodes with ids above 31 have none.
     */
    public int aliveBits() {
        int bits = 0;
        for (BrokerInfo broker : brokers.values()) {
            if (!broker.fenced() && broker.id() < Integer.SIZE) {
                bits |= 1 << broker.id();
            }
        }
        return bits;
    }

    /**
     * Which start of each node of the cell is registered, as lanes are told.
     *
     * @return the low 16 bits of the incarnation ids, in ascending order of node ids; 0 for a node that has never
     *     registered.
     */
    public int[] incarnations() {
        if (cell.lanes().isEmpty()) {
            return new int[0];
        }
        return cell.lanes().getFirst().replicas().stream()
                .sorted()
                .mapToInt(nodeId -> {
                    NodeState node = cell.nodes().get(nodeId);
                    return node == null ? 0 : (int) node.incarnationId().getLeastSignificantBits() & 0xFFFF;
                })
                .toArray();
    }

    /**
     * What a node's copy of a lane is worth in an election.
     *
     * @param nodeId the node.
     * @param laneId the lane.
     * @return null for a node that has never registered, or of a cell of one.
     */
    public Standing standing(int nodeId, int laneId) {
        NodeState node = cell.nodes().get(nodeId);
        return node == null || laneId >= node.lanes().size()
                ? null
                : node.lane(laneId).standing();
    }

    /**
     * A topic by name.
     *
     * @param name the name.
     * @return the topic, or null when there is none.
     */
    public TopicInfo topic(String name) {
        return topics.byName().get(name);
    }

    /**
     * A topic by id.
     *
     * @param id the id.
     * @return the topic, or null when there is none.
     */
    public TopicInfo topic(Uuid id) {
        return topics.byId().get(id);
    }

    /**
     * Whether a topic was there and was deleted. Of a topic that was deleted long ago this is not known any more.
     *
     * @param id the topic's id.
     * @return false also for ids that never were a topic's.
     */
    public boolean wasDeleted(Uuid id) {
        return topics.deletedIds().contains(id);
    }

    /**
     * All topics in no particular order.
     *
     * @return an unmodifiable collection.
     */
    public Collection<TopicInfo> topics() {
        return Collections.unmodifiableCollection(topics.byName().values());
    }

    /**
     * The names of all topics in no particular order.
     *
     * @return an unmodifiable collection.
     */
    public Collection<String> topicNames() {
        return Collections.unmodifiableSet(topics.byName().keySet());
    }

    /**
     * A partition by topic name and number.
     *
     * @param topic name of the topic.
     * @param partition number of the partition.
     * @return the partition, or null when there is none.
     */
    public PartitionInfo partition(String topic, int partition) {
        TopicInfo info = topics.byName().get(topic);
        return info == null ? null : info.partition(partition);
    }

    /**
     * A partition by its index in frames.
     *
     * @param partitionIndex the index; anything is allowed.
     * @return the partition, or null when it was deleted or never made.
     */
    public PartitionInfo partition(int partitionIndex) {
        return partitions.get(partitionIndex);
    }

    /**
     * How many partitions exist.
     *
     * @return the number over all topics.
     */
    public int partitionCount() {
        return partitions.count();
    }

    /**
     * The first partition index that was never given out: arrays by partition index need this length.
     *
     * @return the limit, exclusive.
     */
    public int partitionIndexLimit() {
        return partitions.nextIndex();
    }

    /**
     * Visits all partitions in order of their indexes.
     *
     * @param visitor called for each.
     */
    public void forEachPartition(Consumer<PartitionInfo> visitor) {
        for (int i = 0; i < partitions.chunkCount(); i++) {
            PartitionInfo[] chunk = partitions.chunk(i);
            if (chunk == null) {
                continue;
            }
            for (PartitionInfo partition : chunk) {
                if (partition != null) {
                    visitor.accept(partition);
                }
            }
        }
    }

    /**
     * What is set for a single group of consumers; the group need not be there.
     *
     * @param groupId the group's id.
     * @return unmodifiable, by Kafka's names; empty when nothing is set.
     */
    public Map<String, String> groupConfigs(String groupId) {
        return configs().configMapForResource(new ConfigResource(ConfigResource.Type.GROUP, groupId));
    }

    /**
     * The groups for which something is set.
     *
     * @return their ids, sorted.
     */
    public Collection<String> configuredGroups() {
        return configs().resourceData().values().stream()
                .filter(config -> config.resource().type() == ConfigResource.Type.GROUP && !config.isEmpty())
                .map(config -> config.resource().name())
                .sorted()
                .toList();
    }

    /**
     * Whether configurations are set as in another image. Costs nothing where there was no change.
     *
     * @param other the other image.
     * @return false also when configurations of other resources than groups differ.
     */
    public boolean isConfiguredAs(ClusterImage other) {
        return configs().equals(other.configs());
    }

    private ConfigurationsImage configs() {
        return baseKafkaImage().configs();
    }

    /**
     * The same metadata in the form that Kafka's own coordinators and authorizer take. The first call after a change of
     * a lane that carries thousands of partitions takes some ten milliseconds: for those who need it, on their thread.
     *
     * @return Kafka's image.
     */
    public MetadataImage kafkaImage() {
        MetadataImage whole = kafkaImage;
        if (whole == null) {
            whole = LaneSync.applied(this);
            kafkaImage = whole;
        }
        return whole;
    }

    /**
     * Kafka's image for those who want topics, configurations and nodes: leaders and in-sync replicas of partitions may
     * be those of an earlier moment, the lanes have the present ones. Costs nothing.
     *
     * @return Kafka's image but for what lanes say.
     */
    public MetadataImage kafkaTopics() {
        return baseKafkaImage();
    }

    /**
     * Kafka's image, in which leaders and in-sync replicas of partitions may be those of an earlier moment: the lanes
     * have the present ones. All else is as it is.
     */
    MetadataImage baseKafkaImage() {
        MetadataImage whole = kafkaImage;
        return whole == null ? baseKafkaImage : whole;
    }

    ClusterIdentity identity() {
        return identity;
    }

    Map<Integer, BrokerInfo> brokersById() {
        return brokers;
    }

    CellState cell() {
        return cell;
    }

    Topics topicMaps() {
        return topics;
    }

    PartitionTable partitionTable() {
        return partitions;
    }

    @Override
    public String toString() {
        return "ClusterImage[clusterId=" + clusterId() + ", version=" + version + ", topics="
                + topics.byName().size() + ", partitions=" + partitions.count() + "]";
    }
}
