package io.epona.gateway.handlers;

import io.epona.controller.BrokerInfo;
import io.epona.controller.ClusterController;
import io.epona.controller.ClusterImage;
import io.epona.controller.ControlLogStatus;
import io.epona.controller.Endpoint;
import io.epona.gateway.RequestContext;
import io.epona.gateway.RequestHandler;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.DescribeQuorumRequestData;
import org.apache.kafka.common.message.DescribeQuorumResponseData;
import org.apache.kafka.common.message.DescribeQuorumResponseData.Listener;
import org.apache.kafka.common.message.DescribeQuorumResponseData.ListenerCollection;
import org.apache.kafka.common.message.DescribeQuorumResponseData.Node;
import org.apache.kafka.common.message.DescribeQuorumResponseData.PartitionData;
import org.apache.kafka.common.message.DescribeQuorumResponseData.ReplicaState;
import org.apache.kafka.common.message.DescribeQuorumResponseData.TopicData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/**
 * DescribeQuorum: who leads the control log and who votes in it, as this node knows it. Its offsets are bytes of the
 * log. How far other nodes are is known to the log's leader alone and is answered as unknown; there are no observers.
 */
final class DescribeQuorumHandler implements RequestHandler {
    private static final short FIRST_VERSION_WITH_NODES = 2;
    private static final long UNKNOWN = -1;

    private final ClusterController controller;

    DescribeQuorumHandler(ClusterController controller) {
        this.controller = controller;
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.DESCRIBE_QUORUM;
    }

    @Override
    public void handle(RequestContext context, ApiMessage message) {
        DescribeQuorumRequestData request = (DescribeQuorumRequestData) message;
        ControlLogStatus status = controller.controlLogStatus();
        ClusterImage image = controller.image();
        DescribeQuorumResponseData response = new DescribeQuorumResponseData().setErrorMessage(null);
        for (DescribeQuorumRequestData.TopicData topic : request.topics()) {
            List<PartitionData> partitions = new ArrayList<>();
            for (DescribeQuorumRequestData.PartitionData wanted : topic.partitions()) {
                boolean isMetadata = topic.topicName().equals(Topic.CLUSTER_METADATA_TOPIC_NAME)
                        && wanted.partitionIndex() == Topic.CLUSTER_METADATA_TOPIC_PARTITION.partition();
                partitions.add(isMetadata ? describe(image.nodeId(), status) : unknown(wanted.partitionIndex()));
            }
            response.topics()
                    .add(new TopicData().setTopicName(topic.topicName()).setPartitions(partitions));
        }
        if (context.apiVersion() >= FIRST_VERSION_WITH_NODES) {
            status.memberIds().forEach(nodeId -> response.nodes().add(node(image, nodeId, context.listenerName())));
        }
        context.respond(response);
    }

    private static PartitionData unknown(int partition) {
        return new PartitionData()
                .setPartitionIndex(partition)
                .setErrorCode(Errors.UNKNOWN_TOPIC_OR_PARTITION.code())
                .setErrorMessage(Errors.UNKNOWN_TOPIC_OR_PARTITION.message());
    }

    private static PartitionData describe(int nodeId, ControlLogStatus status) {
        List<ReplicaState> voters = new ArrayList<>();
        for (int voter : status.memberIds()) {
            voters.add(new ReplicaState()
                    .setReplicaId(voter)
                    .setLogEndOffset(voter == nodeId ? status.committedPosition() : UNKNOWN)
                    .setLastFetchTimestamp(UNKNOWN)
                    .setLastCaughtUpTimestamp(UNKNOWN));
        }
        return new PartitionData()
                .setPartitionIndex(Topic.CLUSTER_METADATA_TOPIC_PARTITION.partition())
                .setErrorMessage(null)
                .setLeaderId(status.leaderId())
                .setLeaderEpoch(status.leaderEpoch())
                .setHighWatermark(status.committedPosition())
                .setCurrentVoters(voters);
    }

    /** Each node takes the requests of a controller where it takes all others. */
    private static Node node(ClusterImage image, int nodeId, String listener) {
        ListenerCollection listeners = new ListenerCollection();
        BrokerInfo broker = image.broker(nodeId);
        Endpoint endpoint = broker == null ? null : broker.endpoint(listener);
        if (endpoint != null) {
            listeners.add(new Listener()
                    .setName(endpoint.listener())
                    .setHost(endpoint.host())
                    .setPort(endpoint.port()));
        }
        return new Node().setNodeId(nodeId).setListeners(listeners);
    }
}
