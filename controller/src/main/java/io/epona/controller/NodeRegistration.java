package io.epona.controller;

import java.util.List;
import org.apache.kafka.common.Uuid;

/**
 * What a node of a cell says of itself when its lanes are recovered and it begins to serve.
 *
 * @param storageId made at random when the data directory was made, and kept in it: an empty or exchanged directory has
 *     another.
 * @param cleanStopOf the incarnation whose clean stop the data directory shows, {@link Uuid#ZERO_UUID} when it shows
 *     none. The stop counts as clean only if that was the last incarnation to register.
 * @param spanLength bytes that no frame reaches across; the same on all nodes of a cell.
 * @param endpoints where clients reach it, at least one.
 * @param rack where it stands, or null.
 * @param lanes what it has of each lane; empty on a node alone, where it decides nothing.
 */
public record NodeRegistration(
        Uuid storageId,
        Uuid cleanStopOf,
        int spanLength,
        List<Endpoint> endpoints,
        String rack,
        List<LanePosition> lanes) {
    /** Copies the lists. */
    public NodeRegistration {
        endpoints = List.copyOf(endpoints);
        lanes = List.copyOf(lanes);
        if (endpoints.isEmpty()) {
            throw new IllegalArgumentException("a node needs at least one endpoint");
        }
    }

    /**
     * Of a node alone.
     *
     * @param endpoints where clients reach it, at least one.
     * @param rack where it stands, or null.
     * @return the registration.
     */
    public static NodeRegistration alone(List<Endpoint> endpoints, String rack) {
        return new NodeRegistration(Uuid.ZERO_UUID, Uuid.ZERO_UUID, 0, endpoints, rack, List.of());
    }
}
