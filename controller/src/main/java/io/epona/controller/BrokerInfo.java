package io.epona.controller;

import java.util.List;
import org.apache.kafka.common.Uuid;

/**
 * A broker as clients see it. Immutable.
 *
 * @param id its node id.
 * @param endpoints its listeners, none until it has registered in this cluster for the first time.
 * @param rack where it stands, or null.
 * @param fenced true when it must not be shown to clients as alive.
 * @param inControlledShutdown true when it is about to stop and leads nothing that another can lead.
 * @param epoch grows with each start.
 * @param incarnationId its newest start.
 */
public record BrokerInfo(
        int id,
        List<Endpoint> endpoints,
        String rack,
        boolean fenced,
        boolean inControlledShutdown,
        long epoch,
        Uuid incarnationId) {
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
