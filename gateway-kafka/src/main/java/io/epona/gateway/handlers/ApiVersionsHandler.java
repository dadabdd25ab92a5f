package io.epona.gateway.handlers;

import io.epona.gateway.HandlerTable;
import io.epona.gateway.RequestContext;
import io.epona.gateway.RequestHandler;
import java.util.function.Supplier;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.ApiVersionsResponseData;
import org.apache.kafka.common.message.ApiVersionsResponseData.FinalizedFeatureKey;
import org.apache.kafka.common.message.ApiVersionsResponseData.FinalizedFeatureKeyCollection;
import org.apache.kafka.common.message.ApiVersionsResponseData.SupportedFeatureKey;
import org.apache.kafka.common.message.ApiVersionsResponseData.SupportedFeatureKeyCollection;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.requests.ApiVersionsRequest;
import org.apache.kafka.server.common.TransactionVersion;

/**
 * ApiVersions: says what the table of this gateway has. A version that is not known is answered before it comes here,
 * in version 0, because a client that is newer than we are must be able to read that.
 */
public final class ApiVersionsHandler implements RequestHandler {
    /** Version from which clients can read a feature whose lowest level is 0 (KAFKA-17011). */
    private static final short FIRST_VERSION_WITH_LEVEL_0 = 4;

    private static final short TRANSACTION_LEVEL = TransactionVersion.TV_2.featureLevel();

    private final Supplier<HandlerTable> table;
    private final boolean hasTransactions;

    /**
     * A handler.
     *
     * @param table that it is part of itself, complete when the first request comes.
     * @param hasTransactions whether there is a transaction coordinator.
     */
    public ApiVersionsHandler(final Supplier<HandlerTable> table, final boolean hasTransactions) {
        this.table = table;
        this.hasTransactions = hasTransactions;
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.API_VERSIONS;
    }

    @Override
    public void handle(final RequestContext context, final ApiMessage request) {
        final ApiVersionsRequest asked = new ApiVersionsRequest((ApiVersionsRequestData) request, context.apiVersion());
        if (asked.isValid()) {
            context.respond(response(context.apiVersion()));
        } else {
            context.fail(new InvalidRequestException("client software name or version is not well-formed"));
        }
    }

    private ApiVersionsResponseData response(final short version) {
        final ApiVersionsResponseData response =
                new ApiVersionsResponseData().setApiKeys(table.get().advertised());
        if (!hasTransactions) {
            return response;
        }
        final FinalizedFeatureKeyCollection finalized = new FinalizedFeatureKeyCollection();
        finalized.add(new FinalizedFeatureKey()
                .setName(TransactionVersion.FEATURE_NAME)
                .setMinVersionLevel(TRANSACTION_LEVEL)
                .setMaxVersionLevel(TRANSACTION_LEVEL));
        if (version >= FIRST_VERSION_WITH_LEVEL_0) {
            final SupportedFeatureKeyCollection supported = new SupportedFeatureKeyCollection();
            supported.add(new SupportedFeatureKey()
                    .setName(TransactionVersion.FEATURE_NAME)
                    .setMinVersion((short) 0)
                    .setMaxVersion(TRANSACTION_LEVEL));
            response.setSupportedFeatures(supported);
        }
        return response.setFinalizedFeatures(finalized).setFinalizedFeaturesEpoch(0);
    }
}
