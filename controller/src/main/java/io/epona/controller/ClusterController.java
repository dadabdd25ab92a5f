package io.epona.controller;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.server.common.ProducerIdsBlock;

/**
 * Changes and shows the metadata of the cluster.
 *
 * <p>Any thread may call any method. {@link #image()} is a volatile read. Commands run one after another on the
 * controller's thread, which also completes the futures: hand over to your own thread before doing work there. A
 * command's future completes when its records are durable, the image that has them is published and the lanes know the
 * partitions that it opened or closed.
 *
 * <p>What is wrong with one item of a command (a bad name, an unknown key) is in that item's result. A future completes
 * exceptionally, with an exception that {@code Errors.forException} understands, when the command as a whole could not
 * be carried out: the metadata log failed, the controller is closed or has too many commands waiting.
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
     * @return one result per topic in the order asked for.
     */
    CompletableFuture<List<CreateTopicResult>> createTopics(List<NewTopicSpec> topics, boolean validateOnly);

    /**
     * Removes topics with all their records.
     *
     * @param topics by name or by id.
     * @return one result per topic in the order asked for.
     */
    CompletableFuture<List<DeleteTopicResult>> deleteTopics(List<TopicReference> topics);

    /**
     * Adds partitions to topics.
     *
     * @param topics the topics with their new total, each name once.
     * @param validateOnly true to decide and to change nothing.
     * @return one result per topic in the order asked for.
     */
    CompletableFuture<List<TopicResult>> createPartitions(List<NewPartitionsSpec> topics, boolean validateOnly);

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
     * Records where this node can be reached. To be called before clients are served.
     *
     * @param registration the node's listeners.
     * @return completes when the image has it.
     */
    CompletableFuture<Void> registerBroker(BrokerRegistration registration);

    /**
     * Finishes the running command, fails those that wait, and closes the metadata log. Waits for that, so not to be
     * called on the controller's thread, whose executor must still run.
     */
    @Override
    void close();
}
