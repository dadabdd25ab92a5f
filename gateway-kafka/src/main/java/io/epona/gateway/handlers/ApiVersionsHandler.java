package io.epona.gateway.handlers;

import io.epona.gateway.HandlerTable;
import io.epona.gateway.RequestContext;
import io.epona.gateway.RequestHandler;
import java.util.function.Supplier;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.ApiVersionsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.requests.ApiVersionsRequest;

/**
 * ApiVersions: says what the table of this gateway has. A version that is not known is answered before it comes here,
 * in version 0, because a client that is newer than we are must be able to read that.
 */
public final class ApiVersionsHandler implements RequestHandler {
    private final Supplier<HandlerTable> table;

    /**
     * A handler.
     *
     * @param table that it is part of itself, complete when the first request comes.
     */
    public ApiVersionsHandler(final Supplier<HandlerTable> table) {
        this.table = table;
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.API_VERSIONS;
    }

    @Override
    public void handle(final RequestContext context, final ApiMessage request) {
        final ApiVersionsRequest asked = new ApiVersionsRequest((ApiVersionsRequestData) request, context.apiVersion());
        if (asked.isValid()) {
            context.respond(new ApiVersionsResponseData().setApiKeys(table.get().advertised()));
        } else {
            context.fail(new InvalidRequestException("client software name or version is not well-formed"));
        }
    }
}
