package io.epona.controller;

import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.requests.ApiError;

/**
 * What became of one topic that was to be made.
 *
 * @param name its name.
 * @param error {@link ApiError#NONE} when it was made (or could be, if only validated); else why not.
 * @param topicId its id; {@link Uuid#ZERO_UUID} when refused or only validated.
 * @param partitionCount how many partitions; -1 when refused.
 * @param replicationFactor how many replicas; -1 when refused.
 * @param configs its own configuration without defaults; empty when refused.
 */
public record CreateTopicResult(
        String name,
        ApiError error,
        Uuid topicId,
        int partitionCount,
        short replicationFactor,
        Map<String, String> configs) {
    static CreateTopicResult refused(String name, ApiError error) {
        return new CreateTopicResult(name, error, Uuid.ZERO_UUID, -1, (short) -1, Map.of());
    }

    CreateTopicResult withoutId() {
        return new CreateTopicResult(name, error, Uuid.ZERO_UUID, partitionCount, replicationFactor, configs);
    }
}
