package io.epona.gateway.handlers;

import io.epona.controller.BrokerInfo;
import io.epona.controller.ClusterImage;
import io.epona.controller.Endpoint;
import io.epona.controller.LaneInfo;
import io.epona.controller.PartitionInfo;
import io.epona.controller.TopicInfo;
import io.epona.gateway.RequestContext;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseBroker;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponsePartition;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseTopic;
import org.apache.kafka.common.protocol.Errors;

/** Writes the image in the form of a Metadata response. */
final class MetadataTopics {
    private MetadataTopics() {}

    /** A response with everything but topics. */
    static MetadataResponseData envelope(ClusterImage image, RequestContext context, MetadataRequestData request) {
        MetadataResponseData response = new MetadataResponseData()
                .setClusterId(image.clusterId())
                .setControllerId(image.controllerId())
                .setClusterAuthorizedOperations(
                        request.includeClusterAuthorizedOperations()
                                ? AuthorizedOperations.CLUSTER
                                : AuthorizedOperations.NOT_ASKED);
        for (BrokerInfo broker : image.brokers()) {
            Endpoint endpoint = broker.fenced() ? null : broker.endpoint(context.listenerName());
            if (endpoint != null) {
                response.brokers()
                        .add(new MetadataResponseBroker()
                                .setNodeId(broker.id())
                                .setHost(endpoint.host())
                                .setPort(endpoint.port())
                                .setRack(broker.rack()));
            }
        }
        return response;
    }

    static MetadataResponseTopic topic(
            ClusterImage image, TopicInfo topic, boolean withOperations, RequestContext context) {
        List<MetadataResponsePartition> partitions = new ArrayList<>(topic.partitionCount());
        for (PartitionInfo partition : topic.partitions()) {
            partitions.add(partition(image, partition, context));
        }
        return new MetadataResponseTopic()
                .setErrorCode(Errors.NONE.code())
                .setName(topic.name())
                .setTopicId(topic.id())
                .setIsInternal(topic.internal())
                .setPartitions(partitions)
                .setTopicAuthorizedOperations(
                        withOperations ? AuthorizedOperations.TOPIC : AuthorizedOperations.NOT_ASKED);
    }

    /** The oldest clients are told only of replicas that are alive, and that some are missing. */
    private static MetadataResponsePartition partition(
            ClusterImage image, PartitionInfo partition, RequestContext context) {
        int leader = aliveLeader(image, partition, context.listenerName());
        List<Integer> offline = offlineReplicas(image, partition);
        boolean onlyAlive = context.apiVersion() == 0 && !offline.isEmpty();
        Errors error = Errors.NONE;
        if (leader == LaneInfo.NO_LEADER) {
            error = Errors.LEADER_NOT_AVAILABLE;
        } else if (onlyAlive) {
            error = Errors.REPLICA_NOT_AVAILABLE;
        }
        return new MetadataResponsePartition()
                .setErrorCode(error.code())
                .setPartitionIndex(partition.partition())
                .setLeaderId(leader)
                .setLeaderEpoch(partition.leaderEpoch())
                .setReplicaNodes(onlyAlive ? without(partition.replicas(), offline) : partition.replicas())
                .setIsrNodes(onlyAlive ? without(partition.isr(), offline) : partition.isr())
                .setOfflineReplicas(offline);
    }

    /** The leader if clients can be told where it is, else -1. */
    static int aliveLeader(ClusterImage image, PartitionInfo partition, String listener) {
        BrokerInfo broker = image.broker(partition.leader());
        return broker == null || broker.fenced() || broker.endpoint(listener) == null
                ? LaneInfo.NO_LEADER
                : partition.leader();
    }

    static List<Integer> offlineReplicas(ClusterImage image, PartitionInfo partition) {
        List<Integer> offline = List.of();
        for (Integer nodeId : partition.replicas()) {
            BrokerInfo broker = image.broker(nodeId);
            if (broker == null || broker.fenced()) {
                offline = offline.isEmpty() ? new ArrayList<>() : offline;
                offline.add(nodeId);
            }
        }
        return offline;
    }

    private static List<Integer> without(List<Integer> replicas, List<Integer> offline) {
        return replicas.stream().filter(nodeId -> !offline.contains(nodeId)).toList();
    }
}
