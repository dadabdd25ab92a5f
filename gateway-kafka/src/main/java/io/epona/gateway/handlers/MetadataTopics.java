package io.epona.gateway.handlers;

import io.epona.controller.BrokerInfo;
import io.epona.controller.ClusterImage;
import io.epona.controller.Endpoint;
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

    static MetadataResponseTopic topic(ClusterImage image, TopicInfo topic, boolean withOperations) {
        List<MetadataResponsePartition> partitions = new ArrayList<>(topic.partitionCount());
        for (PartitionInfo partition : topic.partitions()) {
            partitions.add(partition(image, partition));
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

    private static MetadataResponsePartition partition(ClusterImage image, PartitionInfo partition) {
        boolean led = partition.leader() >= 0;
        return new MetadataResponsePartition()
                .setErrorCode(led ? Errors.NONE.code() : Errors.LEADER_NOT_AVAILABLE.code())
                .setPartitionIndex(partition.partition())
                .setLeaderId(partition.leader())
                .setLeaderEpoch(partition.leaderEpoch())
                .setReplicaNodes(partition.replicas())
                .setIsrNodes(partition.isr())
                .setOfflineReplicas(offlineReplicas(image, partition));
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
}
