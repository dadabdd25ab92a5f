package io.epona.controller;

import java.util.List;

/**
 * What a node says of itself when it starts to serve.
 *
 * @param endpoints its listeners, at least one.
 * @param rack where it stands, or null.
 */
public record BrokerRegistration(List<Endpoint> endpoints, String rack) {
    /** Copies the list. */
    public BrokerRegistration {
        endpoints = List.copyOf(endpoints);
        if (endpoints.isEmpty()) {
            throw new IllegalArgumentException("a broker needs at least one endpoint");
        }
    }
}
