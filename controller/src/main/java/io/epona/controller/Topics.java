package io.epona.controller;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.internals.Topic;

/**
 * The topics of an image by name, by id, and by the name that metric systems make of it: those cannot tell '.' from
 * '_', so Kafka refuses a topic whose name differs from another's in that alone. The maps are not changed once an image
 * has them.
 *
 * @param byName topics by name.
 * @param byId topics by id.
 * @param collisionNames names that contain '.' or '_', with '.' replaced, to the name of the topic that has it.
 */
record Topics(Map<String, TopicInfo> byName, Map<Uuid, TopicInfo> byId, Map<String, String> collisionNames) {
    static final Topics EMPTY = new Topics(Map.of(), Map.of(), Map.of());

    Topics mutableCopy() {
        return new Topics(new HashMap<>(byName), new HashMap<>(byId), new HashMap<>(collisionNames));
    }

    void put(TopicInfo topic) {
        byName.put(topic.name(), topic);
        byId.put(topic.id(), topic);
        if (Topic.hasCollisionChars(topic.name())) {
            collisionNames.put(Topic.unifyCollisionChars(topic.name()), topic.name());
        }
    }

    void remove(TopicInfo topic) {
        byId.remove(topic.id());
        byName.remove(topic.name(), topic);
        collisionNames.remove(Topic.unifyCollisionChars(topic.name()), topic.name());
    }
}
