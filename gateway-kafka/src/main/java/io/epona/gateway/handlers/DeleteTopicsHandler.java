package io.epona.gateway.handlers;

import io.epona.controller.ClusterController;
import io.epona.controller.ClusterImage;
import io.epona.controller.DeleteTopicResult;
import io.epona.controller.TopicInfo;
import io.epona.controller.TopicReference;
import io.epona.gateway.RequestContext;
import io.epona.gateway.RequestHandler;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.DeleteTopicsRequestData;
import org.apache.kafka.common.message.DeleteTopicsRequestData.DeleteTopicState;
import org.apache.kafka.common.message.DeleteTopicsResponseData;
import org.apache.kafka.common.message.DeleteTopicsResponseData.DeletableTopicResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;

/** DeleteTopics. Answered when nobody can write to the topics any more. */
final class DeleteTopicsHandler implements RequestHandler {
    private final ClusterController controller;

    DeleteTopicsHandler(ClusterController controller) {
        this.controller = controller;
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.DELETE_TOPICS;
    }

    @Override
    public void handle(RequestContext context, ApiMessage message) {
        DeleteTopicsRequestData request = (DeleteTopicsRequestData) message;
        List<DeleteTopicResult> refused = new ArrayList<>();
        List<TopicReference> topics = acceptable(wanted(request), refused);
        context.onGatewayThread(controller.deleteTopics(topics, request.timeoutMs()), (results, error) -> {
            if (error != null) {
                context.fail(error);
                return;
            }
            DeleteTopicsResponseData response = new DeleteTopicsResponseData();
            results.forEach(result -> response.responses().add(answer(result)));
            refused.forEach(result -> response.responses().add(answer(result)));
            context.respond(response);
        });
    }

    private static List<TopicReference> wanted(DeleteTopicsRequestData request) {
        List<TopicReference> wanted = new ArrayList<>();
        request.topicNames().forEach(name -> wanted.add(TopicReference.byName(name)));
        for (DeleteTopicState topic : request.topics()) {
            wanted.add(new TopicReference(topic.name(), topic.topicId()));
        }
        return wanted;
    }

    /** Each topic may be named once, by name or by id: with both, or twice, it is unclear what is meant. */
    private List<TopicReference> acceptable(List<TopicReference> wanted, List<DeleteTopicResult> refused) {
        Map<TopicReference, Integer> counts = new HashMap<>();
        wanted.forEach(reference -> counts.merge(reference, 1, Integer::sum));
        ClusterImage image = controller.image();
        Set<Uuid> idsGiven = new HashSet<>();
        wanted.forEach(reference -> idsGiven.add(reference.id()));
        Set<TopicReference> seen = new HashSet<>();
        List<TopicReference> accepted = new ArrayList<>();
        for (TopicReference reference : wanted) {
            if (!seen.add(reference)) {
                continue;
            }
            boolean byName = reference.name() != null;
            boolean byId = !reference.id().equals(Uuid.ZERO_UUID);
            TopicInfo named = byName ? image.topic(reference.name()) : null;
            if (!byName && !byId) {
                refused.add(refusal(reference, "Neither topic name nor id were specified."));
            } else if (byName && byId) {
                refused.add(refusal(reference, "You may not specify both topic name and topic id."));
            } else if (counts.get(reference) > 1) {
                refused.add(refusal(reference, byName ? "Duplicate topic name." : "Duplicate topic id."));
            } else if (named != null && idsGiven.contains(named.id())) {
                refused.add(refusal(reference, "The provided topic name maps to an ID that was already supplied."));
            } else {
                accepted.add(reference);
            }
        }
        return accepted;
    }

    private static DeleteTopicResult refusal(TopicReference reference, String why) {
        return new DeleteTopicResult(reference.name(), reference.id(), new ApiError(Errors.INVALID_REQUEST, why));
    }

    private static DeletableTopicResult answer(DeleteTopicResult result) {
        return new DeletableTopicResult()
                .setName(result.name())
                .setTopicId(result.topicId())
                .setErrorCode(result.error().error().code())
                .setErrorMessage(result.error().message());
    }
}
