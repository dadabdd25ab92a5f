package io.epona.gateway.handlers;

import io.epona.gateway.RequestContext;
import io.epona.gateway.RequestHandler;
import org.apache.kafka.common.message.ListPartitionReassignmentsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;

/** ListPartitionReassignments: none, because replicas never move. Stateless. */
final class ListPartitionReassignmentsHandler implements RequestHandler {
    @Override
    public ApiKeys apiKey() {
        return ApiKeys.LIST_PARTITION_REASSIGNMENTS;
    }

    @Override
    public void handle(RequestContext context, ApiMessage message) {
        context.respond(new ListPartitionReassignmentsResponseData().setErrorMessage(null));
    }
}
