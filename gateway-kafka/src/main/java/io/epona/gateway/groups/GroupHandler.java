package io.epona.gateway.groups;

import io.epona.coordinator.GroupCoordinators;
import io.epona.gateway.RequestContext;
import io.epona.gateway.RequestHandler;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.common.network.ClientInformation;
import org.apache.kafka.common.network.ListenerName;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.apache.kafka.coordinator.group.GroupCoordinator;
import org.apache.kafka.server.authorizer.AuthorizableRequestContext;

/**
 * One API of groups: hands the request to the coordinator, which answers on a thread of its own. Gateway thread only.
 *
 * @param <Q> body of the request.
 */
final class GroupHandler<Q extends ApiMessage> implements RequestHandler {
    private final ApiKeys apiKey;
    private final GroupCoordinators groups;
    private final Call<Q> call;

    /**
     * What is asked of the coordinator.
     *
     * @param <Q> body of the request.
     */
    @FunctionalInterface
    interface Call<Q> {
        CompletionStage<? extends ApiMessage> on(
                GroupCoordinator coordinator, AuthorizableRequestContext context, Q request);
    }

    GroupHandler(final ApiKeys apiKey, final GroupCoordinators groups, final Call<Q> call) {
        this.apiKey = apiKey;
        this.groups = groups;
        this.call = call;
    }

    @Override
    public ApiKeys apiKey() {
        return apiKey;
    }

    @Override
    public void handle(final RequestContext context, final ApiMessage message) {
        @SuppressWarnings("unchecked") // the dispatcher parses the body of this API
        final Q request = (Q) message;
        final AuthorizableRequestContext client = client(context);
        final CompletionStage<ApiMessage> answer = groups.service()
                .thenCompose(
                        coordinator -> call.on(coordinator, client, request).thenApply(ApiMessage.class::cast));
        context.onGatewayThread(answer, (response, error) -> {
            if (error == null) {
                context.respond(response);
            } else {
                context.fail(error);
            }
        });
    }

    private AuthorizableRequestContext client(final RequestContext context) {
        final String connection = context.localAddress() + "-" + context.remoteAddress();
        return new org.apache.kafka.common.requests.RequestContext(
                new RequestHeader(apiKey, context.apiVersion(), context.clientId(), context.correlationId()),
                connection,
                context.remoteAddress().getAddress(),
                KafkaPrincipal.ANONYMOUS,
                new ListenerName(context.listenerName()),
                SecurityProtocol.PLAINTEXT,
                ClientInformation.EMPTY,
                false);
    }
}
