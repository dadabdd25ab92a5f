package io.epona.controller;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.InvalidPartitionsException;
import org.apache.kafka.common.errors.InvalidReplicaAssignmentException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicIdException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.metadata.RemoveTopicRecord;
import org.apache.kafka.common.metadata.TopicRecord;
import org.apache.kafka.common.requests.ApiError;

/**
 * Decides about topics and their partitions. Pure functions of image and command: no clock, no randomness, no state, so
 * that every node that decides about the same log comes to the same records.
 */
final class TopicDecisions {
    private final TopicConfigs topicConfigs;

    TopicDecisions(TopicConfigs topicConfigs) {
        this.topicConfigs = topicConfigs;
    }

    /** Decides which topics are made. */
    Decision<List<CreateTopicResult>> create(ClusterImage image, ControlCommand.CreateTopics command) {
        List<NewTopicSpec> topics = command.topics();
        List<MetadataRecord> records = new ArrayList<>();
        List<CreateTopicResult> results = new ArrayList<>(topics.size());
        Creation creation = new Creation(image, command.maxPartitionCount());
        ApiError tooMany = tooManyAtOnce(topics);
        for (int i = 0; i < topics.size(); i++) {
            NewTopicSpec topic = topics.get(i);
            if (tooMany != null) {
                results.add(CreateTopicResult.refused(topic.name(), tooMany));
                continue;
            }
            try {
                results.add(creation.create(topic, command.topicIds().get(i), records));
            } catch (ApiException e) {
                results.add(CreateTopicResult.refused(topic.name(), ApiError.fromThrowable(e)));
            }
        }
        return new Decision<>(records, results);
    }

    /** Decides which topics are removed. */
    Decision<List<DeleteTopicResult>> delete(ClusterImage image, List<TopicReference> topics) {
        List<MetadataRecord> records = new ArrayList<>();
        List<DeleteTopicResult> results = new ArrayList<>(topics.size());
        Set<Uuid> removed = new HashSet<>();
        for (TopicReference reference : topics) {
            TopicInfo topic = reference.name() != null ? image.topic(reference.name()) : image.topic(reference.id());
            if (topic == null || !removed.add(topic.id())) {
                ApiException unknown = reference.name() != null
                        ? new UnknownTopicOrPartitionException()
                        : new UnknownTopicIdException("This server does not host this topic ID.");
                results.add(new DeleteTopicResult(reference.name(), reference.id(), ApiError.fromThrowable(unknown)));
                continue;
            }
            records.add(MetadataRecord.kafka(new RemoveTopicRecord().setTopicId(topic.id()), (short) 0));
            results.add(new DeleteTopicResult(topic.name(), topic.id(), ApiError.NONE));
        }
        return new Decision<>(records, results);
    }

    /** Decides which topics get more partitions. */
    Decision<List<TopicResult>> addPartitions(ClusterImage image, ControlCommand.CreatePartitions command) {
        List<MetadataRecord> records = new ArrayList<>();
        List<TopicResult> results = new ArrayList<>(command.topics().size());
        PartitionRecords partitionRecords = new PartitionRecords(image);
        int added = 0;
        for (NewPartitionsSpec spec : command.topics()) {
            try {
                List<Integer> leaders = leadersOfNew(image, spec, added);
                requireRoom(image.partitionCount() + added, leaders.size(), command.maxPartitionCount());
                TopicInfo topic = image.topic(spec.name());
                List<MetadataRecord> made = new ArrayList<>();
                for (int i = 0; i < leaders.size(); i++) {
                    partitionRecords.add(made, topic.id(), topic.partitionCount() + i, leaders.get(i));
                }
                records.addAll(made);
                added += leaders.size();
                results.add(new TopicResult(spec.name(), ApiError.NONE));
            } catch (ApiException e) {
                results.add(new TopicResult(spec.name(), ApiError.fromThrowable(e)));
            }
        }
        return new Decision<>(records, results);
    }

    /** The preferred leaders of a topic's new partitions. */
    private static List<Integer> leadersOfNew(ClusterImage image, NewPartitionsSpec spec, int addedBefore) {
        TopicInfo topic = image.topic(spec.name());
        if (topic == null) {
            throw new UnknownTopicOrPartitionException();
        }
        int present = topic.partitionCount();
        int additional = spec.totalCount() - present;
        if (additional == 0) {
            throw new InvalidPartitionsException("Topic already has " + present + " partition(s).");
        }
        if (additional < 0) {
            throw new InvalidPartitionsException("The topic " + spec.name() + " currently has " + present
                    + " partition(s); " + spec.totalCount() + " would not be an increase.");
        }
        if (additional > ControllerLimits.MAX_PARTITIONS_PER_COMMAND - addedBefore) {
            throw tooManyPartitionsAtOnce();
        }
        List<List<Integer>> assignments = spec.assignments();
        if (assignments == null) {
            return Collections.nCopies(additional, LaneInfo.NO_LEADER);
        }
        if (assignments.size() != additional) {
            throw new InvalidReplicaAssignmentException("Attempted to add " + additional
                    + " additional partition(s), but only " + assignments.size() + " assignment(s) were specified.");
        }
        return assignments.stream()
                .map(replicas -> ReplicaAssignments.preferredLeader(image, replicas))
                .toList();
    }

    private static ApiError tooManyAtOnce(List<NewTopicSpec> topics) {
        long total = 0;
        for (NewTopicSpec topic : topics) {
            int count = topic.assignments().isEmpty()
                    ? topic.partitionCount()
                    : topic.assignments().size();
            total += Math.max(count, 0);
        }
        return total > ControllerLimits.MAX_PARTITIONS_PER_COMMAND
                ? ApiError.fromThrowable(tooManyPartitionsAtOnce())
                : null;
    }

    private static PolicyViolationException tooManyPartitionsAtOnce() {
        return new PolicyViolationException("Excessively large number of partitions per request: at most "
                + ControllerLimits.MAX_PARTITIONS_PER_COMMAND + ", use several requests");
    }

    private static void requireRoom(int present, int additional, int limit) {
        if (additional > limit - present) {
            throw new PolicyViolationException("Too many partitions: present=" + present + ", additional=" + additional
                    + ", limit=" + limit + "; delete topics or raise the limit in the node's configuration");
        }
    }

    /** One command's new topics, so that they are checked against each other too. */
    private final class Creation {
        private final ClusterImage image;
        private final int maxPartitionCount;
        private final PartitionRecords partitionRecords;
        private final Map<String, String> newCollisionNames = new HashMap<>();
        private final Set<String> newNames = new HashSet<>();
        private int partitionCount;

        private Creation(ClusterImage image, int maxPartitionCount) {
            this.image = image;
            this.maxPartitionCount = maxPartitionCount;
            this.partitionRecords = new PartitionRecords(image);
            this.partitionCount = image.partitionCount();
        }

        private CreateTopicResult create(NewTopicSpec topic, Uuid topicId, List<MetadataRecord> records) {
            requireNewName(topic.name());
            topicConfigs.validate(topic.configs());
            List<Integer> leaders = preferredLeaders(topic);
            requireRoom(partitionCount, leaders.size(), maxPartitionCount);
            List<MetadataRecord> made = new ArrayList<>();
            made.add(
                    MetadataRecord.kafka(new TopicRecord().setName(topic.name()).setTopicId(topicId), (short) 0));
            ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic.name());
            topic.configs().forEach((key, value) -> made.add(ConfigDecisions.record(resource, key, value)));
            for (int partition = 0; partition < leaders.size(); partition++) {
                partitionRecords.add(made, topicId, partition, leaders.get(partition));
            }
            records.addAll(made);
            partitionCount += leaders.size();
            newNames.add(topic.name());
            if (Topic.hasCollisionChars(topic.name())) {
                newCollisionNames.put(Topic.unifyCollisionChars(topic.name()), topic.name());
            }
            return new CreateTopicResult(
                    topic.name(),
                    ApiError.NONE,
                    topicId,
                    leaders.size(),
                    (short) ReplicaAssignments.nodes(image).size(),
                    Map.copyOf(topic.configs()));
        }

        private void requireNewName(String name) {
            Topic.validate(name);
            if (image.topic(name) != null || newNames.contains(name)) {
                throw new TopicExistsException("Topic '" + name + "' already exists.");
            }
            if (Topic.hasCollisionChars(name)) {
                String unified = Topic.unifyCollisionChars(name);
                String other = image.topicMaps().collisionNames().getOrDefault(unified, newCollisionNames.get(unified));
                if (other != null) {
                    throw new InvalidTopicException("Topic '" + name + "' collides with existing topic: " + other);
                }
            }
        }

        private List<Integer> preferredLeaders(NewTopicSpec topic) {
            if (!topic.assignments().isEmpty()) {
                if (topic.replicationFactor() != -1) {
                    throw new InvalidRequestException("A manual partition assignment was specified, but replication "
                            + "factor was not set to -1.");
                }
                if (topic.partitionCount() != -1) {
                    throw new InvalidRequestException(
                            "A manual partition assignment was specified, but numPartitions " + "was not set to -1.");
                }
                return ReplicaAssignments.ofTopic(image, topic.assignments());
            }
            ReplicaAssignments.requireServed(image, topic.replicationFactor());
            if (topic.partitionCount() < 1) {
                throw new InvalidPartitionsException("Number of partitions was set to an invalid non-positive value.");
            }
            return Collections.nCopies(topic.partitionCount(), LaneInfo.NO_LEADER);
        }
    }
}
