package io.epona.controller;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.metadata.ConfigRecord;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.storage.internals.log.LogConfig;

/**
 * Decides about configurations. Pure functions of image and command. Which keys and values a group's configuration may
 * have depends on settings of nodes, which need not be the same: whoever submits a command has looked at that.
 */
final class ConfigDecisions {
    private final TopicConfigs topicConfigs;

    ConfigDecisions(TopicConfigs topicConfigs) {
        this.topicConfigs = topicConfigs;
    }

    /** Decides about changes of single keys. All of a resource's changes are made, or none. */
    Decision<Map<ConfigResource, ApiError>> incrementalAlter(
            ClusterImage image, Map<ConfigResource, Collection<AlterConfigOp>> changes) {
        return decide(image, changes, this::withOperations);
    }

    /** Decides about replacing whole configurations. */
    Decision<Map<ConfigResource, ApiError>> replace(
            ClusterImage image, Map<ConfigResource, Map<String, String>> configs) {
        return decide(image, configs, (resource, before, after) -> new HashMap<>(after));
    }

    private interface Change<C> {
        Map<String, String> apply(ConfigResource resource, Map<String, String> before, C change);
    }

    private <C> Decision<Map<ConfigResource, ApiError>> decide(
            ClusterImage image, Map<ConfigResource, C> changes, Change<C> change) {
        List<MetadataRecord> records = new ArrayList<>();
        Map<ConfigResource, ApiError> results = new LinkedHashMap<>();
        ConfiguredGroups groups = new ConfiguredGroups(image);
        changes.forEach((resource, wanted) -> {
            try {
                Map<String, String> before = present(image, resource);
                Map<String, String> after = change.apply(resource, before, wanted);
                if (resource.type() == ConfigResource.Type.TOPIC) {
                    topicConfigs.validate(after);
                } else {
                    groups.change(resource.name(), before, after);
                }
                addDifference(resource, before, after, records);
                results.put(resource, ApiError.NONE);
            } catch (ApiException e) {
                results.put(resource, ApiError.fromThrowable(e));
            }
        });
        return new Decision<>(records, results);
    }

    /** What is set of a resource. */
    private static Map<String, String> present(ClusterImage image, ConfigResource resource) {
        switch (resource.type()) {
            case TOPIC -> {
                TopicInfo topic = image.topic(resource.name());
                if (topic == null) {
                    throw new UnknownTopicOrPartitionException("The topic '" + resource.name() + "' does not exist.");
                }
                return topic.configOverrides();
            }
            case GROUP -> {
                if (resource.name().isEmpty()) {
                    throw new InvalidRequestException("Default group resources are not allowed.");
                }
                return image.groupConfigs(resource.name());
            }
            case BROKER ->
                throw new InvalidConfigurationException("The configuration of a broker is read at its start"
                        + " and cannot be altered while it runs: change the node's configuration file and restart it");
            default ->
                throw new InvalidRequestException("Configurations of resource type " + resource.type()
                        + " are not served: only those of topics and groups are");
        }
    }

    /** The groups that are configured, while one command is decided; counted when a first one is to be. */
    private static final class ConfiguredGroups {
        private static final int UNCOUNTED = -1;

        private final ClusterImage image;
        private int count = UNCOUNTED;

        ConfiguredGroups(ClusterImage image) {
            this.image = image;
        }

        void change(String group, Map<String, String> before, Map<String, String> after) {
            requireShort(group, after);
            if (before.isEmpty() == after.isEmpty()) {
                return;
            }
            if (count == UNCOUNTED) {
                count = image.configuredGroups().size();
            }
            if (after.isEmpty()) {
                count--;
            } else if (count < ControllerLimits.MAX_CONFIGURED_GROUPS) {
                count++;
            } else {
                throw new PolicyViolationException("Too many groups have a configuration of their own: limit="
                        + ControllerLimits.MAX_CONFIGURED_GROUPS + "; delete those of groups that are gone");
            }
        }

        private static void requireShort(String group, Map<String, String> configs) {
            int length = configs.entrySet().stream()
                    .mapToInt(one -> one.getKey().length() + one.getValue().length())
                    .sum();
            if (length > 0 && group.length() + length > ControllerLimits.MAX_GROUP_CONFIG_LENGTH) {
                throw new PolicyViolationException("The group's id and configuration are too long: length="
                        + (group.length() + length) + ", limit=" + ControllerLimits.MAX_GROUP_CONFIG_LENGTH);
            }
        }
    }

    private Map<String, String> withOperations(
            ConfigResource resource, Map<String, String> before, Collection<AlterConfigOp> operations) {
        Map<String, String> after = new HashMap<>(before);
        for (AlterConfigOp operation : operations) {
            String key = operation.configEntry().name();
            String value = operation.configEntry().value();
            if (value == null && operation.opType() != AlterConfigOp.OpType.DELETE) {
                throw new InvalidConfigurationException(
                        "Null value not supported for " + operation.opType() + " to " + key);
            }
            switch (operation.opType()) {
                case SET -> after.put(key, value);
                case DELETE -> after.remove(key);
                case APPEND -> after.put(key, String.join(",", appended(listOf(resource, after, operation), value)));
                case SUBTRACT ->
                    after.put(key, String.join(",", subtracted(listOf(resource, after, operation), value)));
            }
        }
        return after;
    }

    /** No key of a group has a list. */
    private List<String> listOf(ConfigResource resource, Map<String, String> configs, AlterConfigOp operation) {
        String key = operation.configEntry().name();
        if (resource.type() != ConfigResource.Type.TOPIC
                || LogConfig.configType(key).orElse(null) != ConfigDef.Type.LIST) {
            throw new InvalidConfigurationException(
                    "Can't " + operation.opType() + " to key " + key + " because its type is not LIST.");
        }
        String current = configs.get(key);
        List<String> parts = current == null ? topicConfigs.defaults().getList(key) : Arrays.asList(current.split(","));
        return new ArrayList<>(parts.stream().filter(part -> !part.isEmpty()).toList());
    }

    private static List<String> appended(List<String> parts, String value) {
        for (String part : value.split(",")) {
            if (!parts.contains(part)) {
                parts.add(part);
            }
        }
        return parts;
    }

    private static List<String> subtracted(List<String> parts, String value) {
        parts.removeAll(Arrays.asList(value.split(",")));
        return parts;
    }

    private static void addDifference(
            ConfigResource resource,
            Map<String, String> before,
            Map<String, String> after,
            List<MetadataRecord> records) {
        TreeSet<String> keys = new TreeSet<>(before.keySet());
        keys.addAll(after.keySet());
        for (String key : keys) {
            if (!Objects.equals(before.get(key), after.get(key))) {
                records.add(record(resource, key, after.get(key)));
            }
        }
    }

    /** A key of a resource; without a value it is not set any more. */
    static MetadataRecord record(ConfigResource resource, String key, String value) {
        return MetadataRecord.kafka(
                new ConfigRecord()
                        .setResourceType(resource.type().id())
                        .setResourceName(resource.name())
                        .setName(key)
                        .setValue(value),
                (short) 0);
    }
}
