package io.epona.gateway;

import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;

/**
 * Serves one Kafka API. One instance belongs to one gateway thread: {@link #handle} is called there and nowhere else,
 * so a handler needs no locks for its own state, must never block, and leaves slow work to the executors of the parts
 * that it asks (see {@link RequestContext#onGatewayThread}).
 *
 * <p>The versions that a handler declares are exactly those that ApiVersions advertises and the dispatcher admits.
 */
public interface RequestHandler {

    /** The API that this handler serves. */
    ApiKeys apiKey();

    /** Lowest version served; by default the lowest that this release of Kafka has. */
    default short minVersion() {
        return apiKey().oldestVersion();
    }

    /** Highest version served; by default the highest stable one that this release of Kafka has. */
    default short maxVersion() {
        return apiKey().latestVersion(false);
    }

    /**
     * Handles one request. Exactly one of {@link RequestContext#respond} and {@link RequestContext#fail} must follow,
     * now or later, on the gateway thread. An exception thrown from here is answered as {@link RequestContext#fail}
     * would.
     *
     * @param context the request and the way to answer it.
     * @param request the parsed body, of the generated request class of {@link #apiKey()}. Strings and arrays in it are
     *     copies; raw bytes and records are views of the receive buffer and valid during this call only.
     */
    void handle(RequestContext context, ApiMessage request);
}
