package io.epona.controller;

import java.util.List;

/**
 * A broker as clients see it. Immutable.
 *
 * @param id its node id.
 * @param endpoints its listeners, none until it has registered in this cluster for the first time.
 * @param rack where it stands, or null.
 * @param fenced true when it must not be shown to clients as alive.
 * @param epoch grows with each registration.
 */
public record BrokerInfo(int id, List<Endpoint> endpoints, String rack, boolean fenced, long epoch) {
    /**
     * The endpoint of a listener.
     *
     * @param listener its name.
     * @return the endpoint of that name, else the first, or null when there is none.
     */
    public Endpoint endpoint(String listener) {
        for (Endpoint endpoint : endpoints) {
            if (endpoint.listener().equals(listener)) {
                return endpoint;
            }
        }
        return endpoints.isEmpty() ? null : endpoints.getFirst();
    }
}
