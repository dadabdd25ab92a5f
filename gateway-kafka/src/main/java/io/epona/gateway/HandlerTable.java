package io.epona.gateway;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.apache.kafka.common.message.ApiVersionsResponseData.ApiVersion;
import org.apache.kafka.common.message.ApiVersionsResponseData.ApiVersionCollection;
import org.apache.kafka.common.protocol.ApiKeys;

/**
 * The APIs of a gateway thread, by API key. Complete before the first connection is accepted and never changed after,
 * so that no client sees a part of it. What is not in the table is neither advertised nor answered.
 */
public final class HandlerTable {

    private final RequestHandler[] handlers;

    private HandlerTable(final RequestHandler[] handlers) {
        this.handlers = handlers;
    }

    /**
     * Makes a table.
     *
     * @throws IllegalArgumentException if two handlers serve one API, or one declares versions that Kafka does not
     *     have.
     */
    public static HandlerTable of(final Collection<? extends RequestHandler> handlers) {
        int maxKey = 0;
        for (final ApiKeys key : ApiKeys.values()) {
            maxKey = Math.max(maxKey, key.id);
        }
        final RequestHandler[] table = new RequestHandler[maxKey + 1];
        for (final RequestHandler handler : handlers) {
            final ApiKeys key = handler.apiKey();
            if (table[key.id] != null) {
                throw new IllegalArgumentException("two handlers for one API: api=" + key);
            }
            if (handler.minVersion() < key.oldestVersion()
                    || handler.maxVersion() > key.latestVersion(true)
                    || handler.minVersion() > handler.maxVersion()) {
                throw new IllegalArgumentException("impossible versions: api=" + key + ", min=" + handler.minVersion()
                        + ", max=" + handler.maxVersion());
            }
            table[key.id] = handler;
        }
        return new HandlerTable(table);
    }

    /** The handler of an API, or null when it is not served. Any short is allowed. */
    public RequestHandler get(final short apiKey) {
        return apiKey >= 0 && apiKey < handlers.length ? handlers[apiKey] : null;
    }

    /** All handlers in order of their API keys. */
    public List<RequestHandler> handlers() {
        final List<RequestHandler> all = new ArrayList<>();
        for (final RequestHandler handler : handlers) {
            if (handler != null) {
                all.add(handler);
            }
        }
        return all;
    }

    /**
     * A new collection of what ApiVersions advertises: the table, with Produce from version 0 because librdkafka
     * enables compression only when it sees that (KAFKA-18659); Kafka 4 does the same.
     */
    public ApiVersionCollection advertised() {
        final ApiVersionCollection versions = new ApiVersionCollection();
        for (final RequestHandler handler : handlers()) {
            final short min = handler.apiKey() == ApiKeys.PRODUCE
                    ? ApiKeys.PRODUCE_API_VERSIONS_RESPONSE_MIN_VERSION
                    : handler.minVersion();
            versions.add(new ApiVersion()
                    .setApiKey(handler.apiKey().id)
                    .setMinVersion(min)
                    .setMaxVersion(handler.maxVersion()));
        }
        return versions;
    }
}
