package io.epona.controller;

import java.util.List;
import org.apache.kafka.common.errors.NotControllerException;

/**
 * The cell's state machine: command in, records out, records in, next image. It has no clock, no randomness and no I/O,
 * so that every node that is given the same commands in the same order has the same images. The image is its whole
 * state. Owned by one thread.
 */
final class CellMachine {
    private final TopicConfigs topicConfigs;
    private final TopicDecisions topicDecisions;
    private final ConfigDecisions configDecisions;
    private ClusterImage image;

    /**
     * Begins.
     *
     * @param image what is known already.
     */
    CellMachine(TopicConfigs topicConfigs, ClusterImage image) {
        this.topicConfigs = topicConfigs;
        this.topicDecisions = new TopicDecisions(topicConfigs);
        this.configDecisions = new ConfigDecisions(topicConfigs);
        this.image = image;
    }

    ClusterImage image() {
        return image;
    }

    /** Begins again from a snapshot. */
    void restore(ClusterImage snapshot) {
        image = snapshot;
    }

    /**
     * Decides about a command. Changes nothing.
     *
     * @param sessionId the connection that it came by.
     * @throws org.apache.kafka.common.errors.ApiException when it is refused as a whole.
     */
    <R> Decision<R> decide(long sessionId, Origin origin, ControlCommand<R> command) {
        @SuppressWarnings("unchecked") // each command's decision has the result that the command names
        Decision<R> decision = (Decision<R>) decideAny(sessionId, origin, command);
        return decision;
    }

    private Decision<?> decideAny(long sessionId, Origin origin, ControlCommand<?> command) {
        return switch (command) {
            case ControlCommand.BeginCell begin -> LaneDecisions.begin(image, begin);
            case ControlCommand.RegisterNode register ->
                NodeDecisions.register(image, origin, sessionId, register.registration());
            case ControlCommand.ControlledShutdown ignored -> NodeDecisions.shutDown(image, origin);
            case ControlCommand.ProposeInSync proposal -> LaneDecisions.proposeInSync(image, origin, proposal.change());
            case ControlCommand.ResignLane resign -> LaneDecisions.resign(image, origin, resign);
            case ControlCommand.ElectLeaders elect -> LaneDecisions.electPreferred(image, elect.laneIds());
            case ControlCommand.CreateTopics create -> topicDecisions.create(begun(), create);
            case ControlCommand.DeleteTopics delete -> topicDecisions.delete(begun(), delete.topics());
            case ControlCommand.CreatePartitions add -> topicDecisions.addPartitions(begun(), add);
            case ControlCommand.IncrementalAlterConfigs alter ->
                configDecisions.incrementalAlter(begun(), alter.changes());
            case ControlCommand.AlterConfigs alter -> configDecisions.replace(begun(), alter.configs());
            case ControlCommand.AllocateProducerIds ignored ->
                NodeDecisions.allocateProducerIds(begun(), origin.nodeId());
        };
    }

    /** Decides about the end of a connection. Changes nothing. */
    Decision<Void> decideSessionClosed(long sessionId) {
        return NodeDecisions.fence(image, sessionId);
    }

    /**
     * Makes the next image.
     *
     * @param records what was decided about the present one.
     */
    ClusterImage apply(List<MetadataRecord> records) {
        if (!records.isEmpty()) {
            // a group's records and its COMMIT: the index that the metadata log gives
            long version = image.version() + records.size() + 1;
            image = new ImageFold(image, topicConfigs).applyAll(records).build(version);
        }
        return image;
    }

    private ClusterImage begun() {
        if (image.lanes().isEmpty()) {
            throw new NotControllerException("The cell has not begun.");
        }
        return image;
    }
}
