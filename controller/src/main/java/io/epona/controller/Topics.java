package io.epona.controller;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.SequencedSet;
import java.util.function.UnaryOperator;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.internals.Topic;

/**
 * The topics of an image by name, by id, and by the name that metric systems make of it: those cannot tell '.' from
 * '_', so Kafka refuses a topic whose name differs from another's in that alone. The maps are not changed once an image
 * has them.
 *
 * @param byName topics by name.
 * @param byId topics by id.
 * @param deletedIds ids of deleted topics, those that were deleted last in the end.
 * @param collisionNames names that contain '.' or '_', with '.' replaced, to the name of the topic that has it.
 */
record Topics(
        Map<String, TopicInfo> byName,
        Map<Uuid, TopicInfo> byId,
        SequencedSet<Uuid> deletedIds,
        Map<String, String> collisionNames) {
    static final Topics EMPTY = new Topics(Map.of(), Map.of(), new LinkedHashSet<>(), Map.of());

    Topics mutableCopy() {
        return new Topics(
                new HashMap<>(byName),
                new HashMap<>(byId),
                new LinkedHashSet<>(deletedIds),
                new HashMap<>(collisionNames));
    }

    /**
     * The same topics, each as a function makes it.
     *
     * @param change keeps name and id; gives the same object for what does not change.
     */
    Topics withEach(UnaryOperator<TopicInfo> change) {
        Map<String, TopicInfo> names = HashMap.newHashMap(byName.size());
        Map<Uuid, TopicInfo> ids = HashMap.newHashMap(byId.size());
        for (TopicInfo topic : byName.values()) {
            TopicInfo changed = change.apply(topic);
            names.put(changed.name(), changed);
            ids.put(changed.id(), changed);
        }
        return new Topics(names, ids, deletedIds, collisionNames);
    }

    void put(TopicInfo topic) {
        byName.put(topic.name(), topic);
        byId.put(topic.id(), topic);
        if (Topic.hasCollisionChars(topic.name())) {
            collisionNames.put(Topic.unifyCollisionChars(topic.name()), topic.name());
        }
    }

    void rememberDeleted(Uuid topicId) {
        deletedIds.add(topicId);
        if (deletedIds.size() > ControllerLimits.MAX_REMEMBERED_DELETIONS) {
            deletedIds.removeFirst();
        }
    }

    void remove(TopicInfo topic) {
        byId.remove(topic.id());
        byName.remove(topic.name(), topic);
        collisionNames.remove(Topic.unifyCollisionChars(topic.name()), topic.name());
    }
}
