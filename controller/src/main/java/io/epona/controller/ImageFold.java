package io.epona.controller;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.metadata.RemoveTopicRecord;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.image.MetadataDelta;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.image.MetadataProvenance;
import org.apache.kafka.image.TopicImage;
import org.apache.kafka.metadata.BrokerRegistration;

/**
 * Applies records to an image, giving the next one. Used once, by one thread; has no clock, no randomness and no I/O.
 * Takes any number of groups, so that a node starts with one fold over its whole log.
 */
final class ImageFold {
    private final ClusterImage base;
    private final MetadataDelta delta;
    private final TopicConfigs topicConfigs;
    private final Map<Uuid, Map<Integer, MetadataRecord.Placement>> placements = new HashMap<>();
    private final TreeMap<Integer, LaneInfo> changedLanes = new TreeMap<>();
    private final Map<Integer, NodeState> changedNodes = new HashMap<>();
    private final List<Uuid> deletedTopics = new ArrayList<>();
    private ClusterIdentity identity;
    private int nextPartitionIndex;

    ImageFold(ClusterImage base, TopicConfigs topicConfigs) {
        this.base = base;
        this.delta = new MetadataDelta.Builder().setImage(base.baseKafkaImage()).build();
        this.topicConfigs = topicConfigs;
        this.identity = base.identity();
        this.nextPartitionIndex = base.partitionIndexLimit();
    }

    /** The image of a cluster of which nothing is known yet but, for a cell of one, the lanes. */
    static ClusterImage empty(int nodeId, CellState cell) {
        return new ClusterImage(
                new ClusterIdentity(Uuid.ZERO_UUID, nodeId),
                -1,
                MetadataImage.EMPTY,
                Map.of(),
                Topics.EMPTY,
                PartitionTable.EMPTY,
                cell);
    }

    ImageFold applyAll(List<MetadataRecord> records) {
        records.forEach(this::apply);
        return this;
    }

    void apply(MetadataRecord record) {
        switch (record) {
            case MetadataRecord.Kafka kafka -> applyKafka(kafka.message().message());
            case MetadataRecord.Placement placement -> {
                placements
                        .computeIfAbsent(placement.topicId(), id -> new HashMap<>())
                        .put(placement.partition(), placement);
                nextPartitionIndex = Math.max(nextPartitionIndex, placement.partitionIndex() + 1);
            }
            case MetadataRecord.PlacementLimit limit ->
                nextPartitionIndex = Math.max(nextPartitionIndex, limit.nextPartitionIndex());
            case MetadataRecord.Identity who ->
                identity = who.identity().nodeId() == ClusterIdentity.EVERY_NODE
                        ? new ClusterIdentity(who.identity().clusterId(), identity.nodeId())
                        : who.identity();
            case MetadataRecord.Lane lane -> changedLanes.put(lane.lane().laneId(), lane.lane());
            case MetadataRecord.Node node -> changedNodes.put(node.node().nodeId(), node.node());
            case MetadataRecord.DeletedTopic topic -> deletedTopics.add(topic.topicId());
            case MetadataRecord.Version ignored -> {
                // whoever reads the snapshot gives it to build
            }
        }
    }

    /**
     * The image with everything that was applied.
     *
     * @param version index of the last entry that was applied.
     */
    ClusterImage build(long version) {
        CellState cell = cell();
        MetadataImage kafkaImage = delta.apply(new MetadataProvenance(version, 0, 0, true));
        Topics topics = base.topicMaps();
        PartitionTable.Builder partitions = base.partitionTable().edit();
        partitions.reserve(nextPartitionIndex);
        List<Uuid> touched = touchedTopics(kafkaImage);
        if (!changedLanes.isEmpty()) {
            TopicPartitions onLanes = new TopicPartitions(cell.lanes(), partitions);
            topics = topics.withEach(onLanes::follow);
        }
        if (!touched.isEmpty() || !deletedTopics.isEmpty()) {
            topics = topics.mutableCopy();
            deletedTopics.forEach(topics::rememberDeleted);
            for (Uuid topicId : touched) {
                replaceTopic(kafkaImage, topicId, cell.lanes(), topics, partitions);
            }
        }
        return new ClusterImage(identity, version, kafkaImage, brokers(kafkaImage), topics, partitions.build(), cell);
    }

    private CellState cell() {
        if (changedLanes.isEmpty() && changedNodes.isEmpty()) {
            return base.cell();
        }
        List<LaneInfo> lanes = new ArrayList<>(base.lanes());
        changedLanes.forEach((laneId, lane) -> {
            if (laneId < lanes.size()) {
                lanes.set(laneId, lane);
            } else if (laneId == lanes.size()) {
                lanes.add(lane);
            } else {
                throw new IllegalStateException("lanes without one between: lane=" + lane + ", lanes=" + lanes.size());
            }
        });
        Map<Integer, NodeState> nodes = new HashMap<>(base.cell().nodes());
        nodes.putAll(changedNodes);
        return new CellState(lanes, nodes);
    }

    /**
     * Kafka's delta forgets a removed topic's configuration only if the base image had it; here a topic may come, be
     * configured and go within one fold, and its successor of the same name must not inherit.
     */
    private void applyKafka(ApiMessage message) {
        String removedName = null;
        if (message instanceof RemoveTopicRecord remove) {
            removedName = nameOf(remove.topicId());
            deletedTopics.add(remove.topicId());
        }
        delta.replay(message);
        if (removedName != null) {
            ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, removedName);
            if (!base.baseKafkaImage().configs().resourceData().containsKey(resource)) {
                delta.getOrCreateConfigsDelta().changes().remove(resource);
            }
        }
    }

    private String nameOf(Uuid topicId) {
        if (delta.topicsDelta() != null && delta.topicsDelta().changedTopic(topicId) != null) {
            return delta.topicsDelta().changedTopic(topicId).name();
        }
        TopicInfo topic = base.topic(topicId);
        return topic == null ? null : topic.name();
    }

    /** Deleted topics first, because a new one may have an old one's name. */
    private List<Uuid> touchedTopics(MetadataImage kafkaImage) {
        List<Uuid> touched = new ArrayList<>();
        Set<Uuid> changed = Set.of();
        if (delta.topicsDelta() != null) {
            touched.addAll(delta.topicsDelta().deletedTopicIds());
            changed = delta.topicsDelta().changedTopics().keySet();
            touched.addAll(changed);
        }
        if (delta.configsDelta() != null) {
            for (ConfigResource resource : delta.configsDelta().changes().keySet()) {
                TopicImage topic = resource.type() == ConfigResource.Type.TOPIC
                        ? kafkaImage.topics().getTopic(resource.name())
                        : null;
                if (topic != null && !changed.contains(topic.id())) {
                    touched.add(topic.id());
                }
            }
        }
        return touched;
    }

    private void replaceTopic(
            MetadataImage kafkaImage,
            Uuid topicId,
            List<LaneInfo> lanes,
            Topics topics,
            PartitionTable.Builder partitions) {
        TopicInfo before = base.topic(topicId);
        TopicImage after = kafkaImage.topics().getTopic(topicId);
        if (after == null) {
            if (before != null) {
                topics.remove(before);
                before.partitions().forEach(partition -> partitions.remove(partition.partitionIndex()));
            }
            return;
        }
        PartitionInfo[] infos =
                new TopicPartitions(lanes, partitions).of(after, before, placements.getOrDefault(topicId, Map.of()));
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, after.name());
        if (before != null && !isConfigured(resource)) {
            topics.put(before.withPartitions(infos));
            return;
        }
        Map<String, String> overrides = Map.copyOf(kafkaImage.configs().configMapForResource(resource));
        topics.put(new TopicInfo(after.name(), topicId, infos, overrides, topicConfigs));
    }

    private boolean isConfigured(ConfigResource resource) {
        return delta.configsDelta() != null && delta.configsDelta().changes().containsKey(resource);
    }

    private Map<Integer, BrokerInfo> brokers(MetadataImage kafkaImage) {
        if (delta.clusterDelta() == null) {
            return base.brokersById();
        }
        Map<Integer, BrokerInfo> brokers = new TreeMap<>();
        kafkaImage.cluster().brokers().forEach((id, broker) -> brokers.put(id, brokerInfo(broker)));
        return Collections.unmodifiableMap(brokers);
    }

    private static BrokerInfo brokerInfo(BrokerRegistration broker) {
        List<Endpoint> endpoints = new ArrayList<>();
        broker.listeners()
                .forEach((listener, endpoint) -> endpoints.add(
                        new Endpoint(listener, endpoint.host(), endpoint.port(), endpoint.securityProtocol())));
        return new BrokerInfo(
                broker.id(),
                List.copyOf(endpoints),
                broker.rack().orElse(null),
                broker.fenced(),
                broker.inControlledShutdown(),
                broker.epoch(),
                broker.incarnationId());
    }
}
