package io.epona.gateway.fetch;

import io.epona.gateway.RequestContext;
import io.epona.gateway.RequestHandler;
import io.epona.gateway.fetch.FetchOperation.Kind;
import io.epona.gateway.net.Exchange;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchRequestData.ForgottenTopic;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.FetchableTopicResponse;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.FetchMetadata;
import org.apache.kafka.common.requests.FetchResponse;

/** Fetch: finds or makes the session and starts the operation. */
public final class FetchHandler implements RequestHandler {
    private static final short FIRST_VERSION_WITH_TOPIC_IDS = 13;
    private static final short FIRST_VERSION_WITH_REPLICA_STATE = 15;

    private final FetchService service;

    FetchHandler(final FetchService service) {
        this.service = service;
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.FETCH;
    }

    @Override
    public void handle(final RequestContext context, final ApiMessage message) {
        final Exchange exchange = (Exchange) context;
        final FetchRequestData request = (FetchRequestData) message;
        if (isFromReplica(exchange, request)) {
            exchange.respond(refuseReplica(request));
            return;
        }
        final boolean usesTopicIds = exchange.apiVersion() >= FIRST_VERSION_WITH_TOPIC_IDS;
        final boolean isFull = request.sessionEpoch() == FetchMetadata.INITIAL_EPOCH
                || request.sessionEpoch() == FetchMetadata.FINAL_EPOCH;
        if (isFull) {
            startFull(exchange, request, usesTopicIds);
        } else {
            startIncremental(exchange, request, usesTopicIds);
        }
    }

    private void startFull(final Exchange exchange, final FetchRequestData request, final boolean usesTopicIds) {
        if (request.sessionId() != FetchMetadata.INVALID_SESSION_ID) {
            service.sessions().remove(request.sessionId());
        }
        final FetchSession session = new FetchSession(usesTopicIds);
        update(session, request);
        final boolean isSessionWanted = request.sessionEpoch() == FetchMetadata.INITIAL_EPOCH && session.size() > 0;
        start(exchange, request, session, isSessionWanted ? Kind.NEW_SESSION : Kind.SESSIONLESS);
    }

    private void startIncremental(final Exchange exchange, final FetchRequestData request, final boolean usesTopicIds) {
        final FetchSession session = service.sessions().get(request.sessionId());
        final Errors error = judge(session, request, usesTopicIds);
        if (error != Errors.NONE) {
            exchange.respond(new FetchResponseData().setErrorCode(error.code()));
            return;
        }
        if (session.operation() != null) {
            service.supersede(session.operation());
        }
        update(session, request);
        if (session.size() == 0) {
            service.sessions().remove(session.id());
            start(exchange, request, new FetchSession(usesTopicIds), Kind.SESSIONLESS);
            return;
        }
        service.sessions().use(session, FetchMetadata.nextEpoch(session.epoch()));
        start(exchange, request, session, Kind.INCREMENTAL);
    }

    private static Errors judge(
            final FetchSession session, final FetchRequestData request, final boolean usesTopicIds) {
        if (session == null) {
            return Errors.FETCH_SESSION_ID_NOT_FOUND;
        }
        if (session.epoch() != request.sessionEpoch()) {
            return Errors.INVALID_FETCH_SESSION_EPOCH;
        }
        return session.usesTopicIds() == usesTopicIds ? Errors.NONE : Errors.FETCH_SESSION_TOPIC_ID_ERROR;
    }

    private static void update(final FetchSession session, final FetchRequestData request) {
        for (final FetchTopic topic : request.topics()) {
            for (final FetchRequestData.FetchPartition partition : topic.partitions()) {
                session.add(new FetchPartition.Key(topic.topicId(), topic.topic(), partition.partition()), partition);
            }
        }
        for (final ForgottenTopic topic : request.forgottenTopicsData()) {
            for (final int partition : topic.partitions()) {
                session.remove(new FetchPartition.Key(topic.topicId(), topic.topic(), partition));
            }
        }
    }

    private void start(
            final Exchange exchange, final FetchRequestData request, final FetchSession session, final Kind kind) {
        final int maxLength =
                Math.max(0, Math.min(request.maxBytes(), service.config().maxResponseLength()));
        final long startNs = service.nanoTime();
        final FetchOperation.Wanted wanted = new FetchOperation.Wanted(
                kind,
                Math.min(request.minBytes(), maxLength),
                maxLength,
                request.isolationLevel() == IsolationLevel.READ_COMMITTED.id(),
                startNs,
                startNs + TimeUnit.MILLISECONDS.toNanos(Math.max(0, request.maxWaitMs())));
        service.start(new FetchOperation(service, exchange, session, wanted));
    }

    private static boolean isFromReplica(final Exchange exchange, final FetchRequestData request) {
        return exchange.apiVersion() < FIRST_VERSION_WITH_REPLICA_STATE
                ? request.replicaId() >= 0
                : request.replicaState().replicaId() >= 0;
    }

    /** Nodes replicate lanes, not partitions: who fetches as a replica has no right to. */
    private static FetchResponseData refuseReplica(final FetchRequestData request) {
        final List<FetchableTopicResponse> topics = new ArrayList<>();
        for (final FetchTopic topic : request.topics()) {
            final List<PartitionData> partitions = new ArrayList<>();
            for (final FetchRequestData.FetchPartition partition : topic.partitions()) {
                partitions.add(
                        FetchResponse.partitionResponse(partition.partition(), Errors.TOPIC_AUTHORIZATION_FAILED));
            }
            topics.add(new FetchableTopicResponse()
                    .setTopic(topic.topic())
                    .setTopicId(topic.topicId())
                    .setPartitions(partitions));
        }
        return new FetchResponseData().setResponses(topics);
    }
}
