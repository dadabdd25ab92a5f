package io.epona.controller;

import org.apache.kafka.common.Uuid;

/**
 * A topic by name or by id.
 *
 * @param name the name, or null when the id counts.
 * @param id the id, {@link Uuid#ZERO_UUID} when the name counts.
 */
public record TopicReference(String name, Uuid id) {
    /**
     * By name.
     *
     * @param name the name.
     * @return the reference.
     */
    public static TopicReference byName(String name) {
        return new TopicReference(name, Uuid.ZERO_UUID);
    }

    /**
     * By id.
     *
     * @param id the id.
     * @return the reference.
     */
    public static TopicReference byId(Uuid id) {
        return new TopicReference(null, id);
    }
}
