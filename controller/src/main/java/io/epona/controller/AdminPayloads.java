package io.epona.controller;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.message.AlterConfigsRequestData;
import org.apache.kafka.common.message.CreatePartitionsRequestData;
import org.apache.kafka.common.message.CreatePartitionsRequestData.CreatePartitionsAssignment;
import org.apache.kafka.common.message.CreatePartitionsRequestData.CreatePartitionsTopic;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableReplicaAssignment;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopicConfig;
import org.apache.kafka.common.message.DeleteTopicsRequestData;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData;

/** Commands of Kafka's protocol as Kafka's own request messages, and back. */
final class AdminPayloads {
    static final short CREATE_TOPICS_VERSION = 7;
    static final short DELETE_TOPICS_VERSION = 6;
    static final short CREATE_PARTITIONS_VERSION = 3;
    static final short INCREMENTAL_ALTER_CONFIGS_VERSION = 1;
    static final short ALTER_CONFIGS_VERSION = 2;

    private AdminPayloads() {}

    static CreateTopicsRequestData message(ControlCommand.CreateTopics command) {
        CreateTopicsRequestData message = new CreateTopicsRequestData();
        for (NewTopicSpec spec : command.topics()) {
            CreatableTopic topic = new CreatableTopic()
                    .setName(spec.name())
                    .setNumPartitions(spec.partitionCount())
                    .setReplicationFactor(spec.replicationFactor());
            spec.assignments()
                    .forEach((partition, nodes) -> topic.assignments()
                            .add(new CreatableReplicaAssignment()
                                    .setPartitionIndex(partition)
                                    .setBrokerIds(nodes)));
            spec.configs()
                    .forEach((key, value) -> topic.configs()
                            .add(new CreatableTopicConfig().setName(key).setValue(value)));
            message.topics().add(topic);
        }
        return message;
    }

    static List<NewTopicSpec> topics(CreateTopicsRequestData message) {
        List<NewTopicSpec> topics = new ArrayList<>();
        for (CreatableTopic topic : message.topics()) {
            Map<Integer, List<Integer>> assignments = new HashMap<>();
            topic.assignments()
                    .forEach(assignment -> assignments.put(assignment.partitionIndex(), assignment.brokerIds()));
            Map<String, String> configs = new LinkedHashMap<>();
            topic.configs().forEach(config -> configs.put(config.name(), config.value()));
            topics.add(new NewTopicSpec(
                    topic.name(), topic.numPartitions(), topic.replicationFactor(), assignments, configs));
        }
        return topics;
    }

    static DeleteTopicsRequestData message(ControlCommand.DeleteTopics command) {
        DeleteTopicsRequestData message = new DeleteTopicsRequestData();
        for (TopicReference topic : command.topics()) {
            message.topics()
                    .add(new DeleteTopicsRequestData.DeleteTopicState()
                            .setName(topic.name())
                            .setTopicId(topic.id()));
        }
        return message;
    }

    static ControlCommand.DeleteTopics command(DeleteTopicsRequestData message) {
        return new ControlCommand.DeleteTopics(message.topics().stream()
                .map(topic -> new TopicReference(topic.name(), topic.topicId()))
                .toList());
    }

    static CreatePartitionsRequestData message(ControlCommand.CreatePartitions command) {
        CreatePartitionsRequestData message = new CreatePartitionsRequestData();
        for (NewPartitionsSpec spec : command.topics()) {
            message.topics()
                    .add(new CreatePartitionsTopic()
                            .setName(spec.name())
                            .setCount(spec.totalCount())
                            .setAssignments(
                                    spec.assignments() == null
                                            ? null
                                            : spec.assignments().stream()
                                                    .map(nodes -> new CreatePartitionsAssignment().setBrokerIds(nodes))
                                                    .toList()));
        }
        return message;
    }

    static List<NewPartitionsSpec> topics(CreatePartitionsRequestData message) {
        List<NewPartitionsSpec> topics = new ArrayList<>();
        for (CreatePartitionsTopic topic : message.topics()) {
            List<List<Integer>> assignments = topic.assignments() == null
                    ? null
                    : topic.assignments().stream()
                            .map(CreatePartitionsAssignment::brokerIds)
                            .toList();
            topics.add(new NewPartitionsSpec(topic.name(), topic.count(), assignments));
        }
        return topics;
    }

    static IncrementalAlterConfigsRequestData message(ControlCommand.IncrementalAlterConfigs command) {
        IncrementalAlterConfigsRequestData message = new IncrementalAlterConfigsRequestData();
        command.changes().forEach((resource, operations) -> {
            IncrementalAlterConfigsRequestData.AlterableConfigCollection configs =
                    new IncrementalAlterConfigsRequestData.AlterableConfigCollection();
            for (AlterConfigOp operation : operations) {
                configs.mustAdd(new IncrementalAlterConfigsRequestData.AlterableConfig()
                        .setName(operation.configEntry().name())
                        .setValue(operation.configEntry().value())
                        .setConfigOperation(operation.opType().id()));
            }
            message.resources()
                    .mustAdd(new IncrementalAlterConfigsRequestData.AlterConfigsResource()
                            .setResourceType(resource.type().id())
                            .setResourceName(resource.name())
                            .setConfigs(configs));
        });
        return message;
    }

    static ControlCommand.IncrementalAlterConfigs command(IncrementalAlterConfigsRequestData message) {
        Map<ConfigResource, Collection<AlterConfigOp>> changes = new LinkedHashMap<>();
        message.resources().forEach(resource -> {
            List<AlterConfigOp> operations = new ArrayList<>();
            resource.configs()
                    .forEach(config -> operations.add(new AlterConfigOp(
                            new ConfigEntry(config.name(), config.value()),
                            AlterConfigOp.OpType.forId(config.configOperation()))));
            changes.put(resource(resource.resourceType(), resource.resourceName()), operations);
        });
        return new ControlCommand.IncrementalAlterConfigs(changes);
    }

    static AlterConfigsRequestData message(ControlCommand.AlterConfigs command) {
        AlterConfigsRequestData message = new AlterConfigsRequestData();
        command.configs().forEach((resource, values) -> {
            AlterConfigsRequestData.AlterableConfigCollection configs =
                    new AlterConfigsRequestData.AlterableConfigCollection();
            values.forEach((key, value) -> configs.mustAdd(
                    new AlterConfigsRequestData.AlterableConfig().setName(key).setValue(value)));
            message.resources()
                    .mustAdd(new AlterConfigsRequestData.AlterConfigsResource()
                            .setResourceType(resource.type().id())
                            .setResourceName(resource.name())
                            .setConfigs(configs));
        });
        return message;
    }

    static ControlCommand.AlterConfigs command(AlterConfigsRequestData message) {
        Map<ConfigResource, Map<String, String>> configs = new LinkedHashMap<>();
        message.resources().forEach(resource -> {
            Map<String, String> values = new LinkedHashMap<>();
            resource.configs().forEach(config -> values.put(config.name(), config.value()));
            configs.put(resource(resource.resourceType(), resource.resourceName()), values);
        });
        return new ControlCommand.AlterConfigs(configs);
    }

    private static ConfigResource resource(byte type, String name) {
        return new ConfigResource(ConfigResource.Type.forId(type), name);
    }
}
