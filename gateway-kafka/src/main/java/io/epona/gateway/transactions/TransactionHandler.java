package io.epona.gateway.transactions;

import io.epona.gateway.RequestContext;
import io.epona.gateway.RequestHandler;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/** A request to the transaction coordinator: asked, and answered on the gateway's thread when it has decided. */
final class TransactionHandler<T extends ApiMessage> implements RequestHandler {
    private static final short FIRST_VERSION_WITH_FENCED = 2;

    private final ApiKeys apiKey;
    private final Question<T> question;

    /** How a request becomes a question. */
    @FunctionalInterface
    interface Question<T> {
        /** Asks; the future's result is the response. */
        CompletableFuture<? extends ApiMessage> ask(T request, short version);
    }

    TransactionHandler(final ApiKeys apiKey, final Question<T> question) {
        this.apiKey = apiKey;
        this.question = question;
    }

    @Override
    public ApiKeys apiKey() {
        return apiKey;
    }

    @Override
    @SuppressWarnings("unchecked") // the dispatcher hands on what the API key says
    public void handle(final RequestContext context, final ApiMessage message) {
        context.onGatewayThread(question.ask((T) message, context.apiVersion()), (response, failure) -> {
            if (failure == null) {
                context.respond(response);
            } else {
                context.fail(failure);
            }
        });
    }

    /** Clients of earlier versions do not know that they are fenced. */
    static Errors errorFor(final Errors error, final short version) {
        return error == Errors.PRODUCER_FENCED && version < FIRST_VERSION_WITH_FENCED
                ? Errors.INVALID_PRODUCER_EPOCH
                : error;
    }
}
