package io.epona.controller;

import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.server.common.ApiMessageAndVersion;

/** One entry of the metadata log. Deciding makes them, applying turns them into the next image. */
sealed interface MetadataRecord {
    /** One of Kafka's metadata records. */
    record Kafka(ApiMessageAndVersion message) implements MetadataRecord {}

    /** Which lane carries a partition, and its index in frames. */
    record Placement(Uuid topicId, int partition, int partitionIndex, int laneId) implements MetadataRecord {}

    /** Partition indexes below were given out, perhaps to partitions that are gone. */
    record PlacementLimit(int nextPartitionIndex) implements MetadataRecord {}

    /** Whose metadata this is; the first entry of every log. */
    record Identity(ClusterIdentity identity) implements MetadataRecord {}

    /** A lane as it is from now on. */
    record Lane(LaneInfo lane) implements MetadataRecord {}

    /** A node as it is from now on. */
    record Node(NodeState node) implements MetadataRecord {}

    /** A topic that was deleted, as long as that is remembered. */
    record DeletedTopic(Uuid topicId) implements MetadataRecord {}

    /** The version of the image that a snapshot makes. */
    record Version(long version) implements MetadataRecord {}

    /** Wraps one of Kafka's records. */
    static MetadataRecord kafka(ApiMessage message, short version) {
        return new Kafka(new ApiMessageAndVersion(message, version));
    }
}
