package io.epona.controller;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.server.common.ProducerIdsBlock;

/**
 * Changes and shows the metadata of the cluster.
 *
 * <p>Any thread may call any method. {@link #image()} is a volatile read. Commands go through the cell's control log,
 * and the controller's thread completes their futures (a timer's thread when the time is over): hand over to your own
 * thread before doing work there. A command's future completes when it is in the log for good, the image that has what
 * it changed is published on this node, and this node's lanes know the partitions that it opened or closed.
 *
 * <p>What is wrong with one item of a command (a bad name, an unknown key) is in that item's result. A future completes
 * exceptionally, with an exception that {@code Errors.forException} understands, when the command as a whole could not
 * be carried out: the log failed, took nothing or gave no answer in time (retriable: the command may yet be carried
 * out), the controller is closed or has too many commands waiting.
 */
public interface ClusterController extends AutoCloseable {
    /**
     * The newest published image.
     *
     * @return the image; it never changes, a later call may return a later one.
     */
    ClusterImage image();

    /**
     * Which configuration keys of topics have an effect, with the defaults of this node.
     *
     * @return the rules and defaults, which are fixed for the life of the process.
     */
    TopicConfigs topicConfigs();

    /**
     * What a topic is that nobody described further, and how much there may be.
     *
     * @return the defaults, which are fixed for the life of the process.
     */
    TopicDefaults topicDefaults();

    /**
     * The effective configuration of a broker, for display.
     *
     * @param brokerId the id of the broker.
     * @return name to value; empty for a broker that is not known.
     */
    Map<String, String> brokerConfig(int brokerId);

    /**
     * Adds a listener. It hears of every image that is published after the one that is published now.
     *
     * @param listener called on the controller's thread, in the order in which images are published.
     */
    void addListener(ClusterListener listener);

    /**
     * Makes topics. Each is made or refused on its own.
     *
     * @param topics what to make, each name once.
     * @param validateOnly true to decide and to change nothing.
     * @param timeoutMs how long to wait, milliseconds; 0 or less: not longer than it commonly takes.
     * @return one result per topic in the order asked for.
     */
    CompletableFuture<List<CreateTopicResult>> createTopics(
            List<NewTopicSpec> topics, boolean validateOnly, int timeoutMs);

    /**
     * Makes topics, and waits for that as long as is common.
     *
     * @param topics what to make, each name once.
     * @param validateOnly true to decide and to change nothing.
     * @return one result per topic in the order asked for.
     */
    default CompletableFuture<List<CreateTopicResult>> createTopics(List<NewTopicSpec> topics, boolean validateOnly) {
        return createTopics(topics, validateOnly, ControllerLimits.COMMAND_TIMEOUT_MS);
    }

    /**
     * Removes topics with all their records.
     *
     * @param topics by name or by id.
     * @param timeoutMs how long to wait, milliseconds; 0 or less: not longer than it commonly takes.
     * @return one result per topic in the order asked for.
     */
    CompletableFuture<List<DeleteTopicResult>> deleteTopics(List<TopicReference> topics, int timeoutMs);

    /**
     * Removes topics with all their records, and waits for that as long as is common.
     *
     * @param topics by name or by id.
     * @return one result per topic in the order asked for.
     */
    default CompletableFuture<List<DeleteTopicResult>> deleteTopics(List<TopicReference> topics) {
        return deleteTopics(topics, ControllerLimits.COMMAND_TIMEOUT_MS);
    }

    /**
     * Adds partitions to topics.
     *
     * @param topics the topics with their new total, each name once.
     * @param validateOnly true to decide and to change nothing.
     * @param timeoutMs how long to wait, milliseconds; 0 or less: not longer than it commonly takes.
     * @return one result per topic in the order asked for.
     */
    CompletableFuture<List<TopicResult>> createPartitions(
            List<NewPartitionsSpec> topics, boolean validateOnly, int timeoutMs);

    /**
     * Adds partitions to topics, and waits for that as long as is common.
     *
     * @param topics the topics with their new total, each name once.
     * @param validateOnly true to decide and to change nothing.
     * @return one result per topic in the order asked for.
     */
    default CompletableFuture<List<TopicResult>> createPartitions(
            List<NewPartitionsSpec> topics, boolean validateOnly) {
        return createPartitions(topics, validateOnly, ControllerLimits.COMMAND_TIMEOUT_MS);
    }

    /**
     * Changes single configuration keys.
     *
     * @param changes per resource the operations, applied in order.
     * @param validateOnly true to decide and to change nothing.
     * @return one result per resource.
     */
    CompletableFuture<Map<ConfigResource, ApiError>> incrementalAlterConfigs(
            Map<ConfigResource, Collection<AlterConfigOp>> changes, boolean validateOnly);

    /**
     * Replaces the whole configuration of resources: keys that are not named go back to their defaults.
     *
     * @param configs per resource the keys and values.
     * @param validateOnly true to decide and to change nothing.
     * @return one result per resource.
     */
    CompletableFuture<Map<ConfigResource, ApiError>> alterConfigs(
            Map<ConfigResource, Map<String, String>> configs, boolean validateOnly);

    /**
     * Takes a block of producer ids. No id is ever in two blocks, whatever fails or restarts.
     *
     * @return the block, already durable.
     */
    CompletableFuture<ProducerIdsBlock> allocateProducerIds();

    /**
     * This start of the node, as its registration has it.
     *
     * @return random, new with each start; its low 16 bits, by which replicas of lanes know it, are not 0.
     */
    Uuid incarnationId();

    /**
     * Registers this node: from now on it may lead and be found by clients. Repeated by itself whenever the connection
     * to the control log is another one, so that a node that was fenced comes back.
     *
     * @param registration what the node has and where it can be reached.
     * @return completes when the image has it; exceptionally when the cell refuses this node for good.
     */
    CompletableFuture<Void> registerNode(NodeRegistration registration);

    /**
     * Registers a node alone.
     *
     * @param registration the node's listeners.
     * @return completes when the image has it.
     */
    default CompletableFuture<Void> registerBroker(BrokerRegistration registration) {
        return registerNode(NodeRegistration.alone(registration.endpoints(), registration.rack()));
    }

    /**
     * Asks for other in-sync replicas of a lane that this node leads.
     *
     * @param change counts only if the lane's epoch and version are still those that it names.
     * @return no error when the image has it; else why not: whoever asked looks at the lane as it is, and asks again.
     */
    CompletableFuture<ApiError> proposeInSync(InSyncChange change);

    /**
     * Has another in-sync replica lead a lane that this node leads and cannot go on with.
     *
     * @param leaderEpoch the epoch in which this node leads.
     * @param isLost whether this node's copy is damaged: it is out of sync from then on, and counts as lost until it
     *     has caught up with a leader.
     * @return no error when the image has another leader; else why nobody else leads, or why the question is void.
     */
    CompletableFuture<ApiError> resignLane(int laneId, int leaderEpoch, boolean isLost);

    /**
     * Lets preferred leaders lead. A leader that is not the preferred one is never elected this way, and one that is
     * not in sync never at all.
     *
     * @param laneIds the lanes; none for all.
     * @param timeoutMs how long to wait, milliseconds; 0 or less: not longer than it commonly takes.
     * @return per lane no error when the preferred leader leads from now on; else why not.
     */
    CompletableFuture<Map<Integer, ApiError>> electLeaders(List<Integer> laneIds, int timeoutMs);

    /**
     * Lets this node lead the lanes that prefer it, if it is fit to and does not. To be called now and then; costs
     * nothing when there is nothing to do.
     *
     * @return completes when that is done, with the lanes that were asked for.
     */
    CompletableFuture<List<Integer>> claimPreferredLanes();

    /**
     * Says that this node is about to stop: other nodes lead what it leads, and do not wait for it any more.
     *
     * @param timeoutMs how long to wait, milliseconds.
     * @return completes when the node can stop without anybody waiting for it, with the lanes that nobody else can
     *     lead.
     */
    CompletableFuture<List<Integer>> beginControlledShutdown(int timeoutMs);

    /**
     * Who leads the control log.
     *
     * @return as far as this node knows.
     */
    ControlLogStatus controlLogStatus();

    /**
     * Finishes the running command, fails those that wait, and closes the metadata log. Waits for that, so not to be
     * called on the controller's thread, whose executor must still run.
     */
    @Override
    void close();
}
