package io.epona.gateway.handlers;

import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.protocol.Errors;

/** What Kafka answers about a topic that is not there. */
final class TopicNames {
    private TopicNames() {}

    /** INVALID_TOPIC_EXCEPTION for a name that no topic can have, else UNKNOWN_TOPIC_OR_PARTITION. */
    static Errors absenceError(String name) {
        return valid(name) ? Errors.UNKNOWN_TOPIC_OR_PARTITION : Errors.INVALID_TOPIC_EXCEPTION;
    }

    static boolean valid(String name) {
        try {
            Topic.validate(name);
            return true;
        } catch (InvalidTopicException e) {
            return false;
        }
    }
}
