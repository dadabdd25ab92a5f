package io.epona.coordinator;

import java.util.Map;
import org.apache.kafka.common.config.TopicConfig;

/** How the topics are configured that have coordinators' state. */
final class InternalTopics {
    private static final String FOR_EVER = "-1";

    private InternalTopics() {}

    /** Nothing of it may go by age or size: the newest record of each key is the state. */
    static Map<String, String> configs(final int segmentLength) {
        return Map.of(
                TopicConfig.RETENTION_MS_CONFIG,
                FOR_EVER,
                TopicConfig.RETENTION_BYTES_CONFIG,
                FOR_EVER,
                TopicConfig.SEGMENT_BYTES_CONFIG,
                Integer.toString(segmentLength));
    }
}
