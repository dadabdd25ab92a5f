package io.epona.gateway.handlers;

import io.epona.controller.ClusterController;
import io.epona.controller.ClusterImage;
import io.epona.controller.CreateTopicResult;
import io.epona.controller.NewTopicSpec;
import io.epona.controller.TopicInfo;
import io.epona.gateway.RequestContext;
import io.epona.gateway.RequestHandler;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.MetadataRequestData.MetadataRequestTopic;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseTopic;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/**
 * Metadata. A topic that the request makes by asking for it is answered once it can be written to, where Kafka answers
 * at once with an error and lets the client come back.
 */
final class MetadataHandler implements RequestHandler {
    /** First version in which a topic may be asked for by id. */
    private static final short FIRST_VERSION_WITH_TOPIC_IDS = 12;

    private final ClusterController controller;

    MetadataHandler(ClusterController controller) {
        this.controller = controller;
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.METADATA;
    }

    @Override
    public void handle(RequestContext context, ApiMessage message) {
        MetadataRequestData request = (MetadataRequestData) message;
        ClusterImage image = controller.image();
        if (asksForAll(request, context.apiVersion())) {
            MetadataResponseData response = MetadataTopics.envelope(image, context, request);
            boolean operations = request.includeTopicAuthorizedOperations();
            image.topics()
                    .forEach(topic -> response.topics().add(MetadataTopics.topic(image, topic, operations, context)));
            context.respond(response);
            return;
        }
        requireAskable(request, context.apiVersion());
        Set<Uuid> ids = idsOf(request);
        if (!ids.isEmpty()) {
            context.respond(byId(context, request, image, ids));
            return;
        }
        Set<String> names = namesOf(request);
        List<NewTopicSpec> absent = toBeMade(request, image, names);
        if (absent.isEmpty()) {
            context.respond(byName(context, request, names, Map.of()));
            return;
        }
        context.onGatewayThread(controller.createTopics(absent, false), (results, error) -> {
            Map<String, Errors> failures = new HashMap<>();
            if (error == null) {
                results.forEach(result -> addFailure(result, failures));
            } else {
                absent.forEach(topic -> failures.put(topic.name(), Errors.LEADER_NOT_AVAILABLE));
            }
            context.respond(byName(context, request, names, failures));
        });
    }

    private static boolean asksForAll(MetadataRequestData request, short version) {
        return request.topics() == null || version == 0 && request.topics().isEmpty();
    }

    private static void requireAskable(MetadataRequestData request, short version) {
        if (version >= FIRST_VERSION_WITH_TOPIC_IDS) {
            return;
        }
        for (MetadataRequestTopic topic : request.topics()) {
            if (topic.name() == null) {
                throw new InvalidRequestException("Topic name can not be null for version " + version);
            }
            if (!topic.topicId().equals(Uuid.ZERO_UUID)) {
                throw new InvalidRequestException("Topic IDs are not supported in requests for version " + version);
            }
        }
    }

    private static Set<Uuid> idsOf(MetadataRequestData request) {
        Set<Uuid> ids = new LinkedHashSet<>();
        for (MetadataRequestTopic topic : request.topics()) {
            if (!topic.topicId().equals(Uuid.ZERO_UUID)) {
                ids.add(topic.topicId());
            }
        }
        return ids;
    }

    private static Set<String> namesOf(MetadataRequestData request) {
        Set<String> names = new LinkedHashSet<>();
        for (MetadataRequestTopic topic : request.topics()) {
            if (topic.name() == null) {
                throw new InvalidRequestException("A topic of the request has neither a name nor an id");
            }
            names.add(topic.name());
        }
        return names;
    }

    /** Internal topics are made by the coordinators that own them, never by a client that asks for them. */
    private List<NewTopicSpec> toBeMade(MetadataRequestData request, ClusterImage image, Set<String> names) {
        if (!request.allowAutoTopicCreation() || !controller.topicDefaults().autoCreate()) {
            return List.of();
        }
        List<NewTopicSpec> absent = new ArrayList<>();
        for (String name : names) {
            if (image.topic(name) == null && TopicNames.valid(name) && !Topic.isInternal(name)) {
                absent.add(NewTopicSpec.withDefaults(name));
            }
        }
        return absent;
    }

    private static void addFailure(CreateTopicResult result, Map<String, Errors> failures) {
        Errors error = result.error().error();
        if (error == Errors.TOPIC_ALREADY_EXISTS) {
            return; // somebody else made it meanwhile, so it is answered like any other
        }
        if (error != Errors.NONE) {
            failures.put(result.name(), error);
        }
    }

    private static MetadataResponseData byId(
            RequestContext context, MetadataRequestData request, ClusterImage image, Set<Uuid> ids) {
        MetadataResponseData response = MetadataTopics.envelope(image, context, request);
        for (Uuid id : ids) {
            TopicInfo topic = image.topic(id);
            response.topics()
                    .add(
                            topic == null
                                    ? new MetadataResponseTopic()
                                            .setErrorCode(Errors.UNKNOWN_TOPIC_ID.code())
                                            .setName(null)
                                            .setTopicId(id)
                                    : MetadataTopics.topic(
                                            image, topic, request.includeTopicAuthorizedOperations(), context));
        }
        return response;
    }

    private MetadataResponseData byName(
            RequestContext context, MetadataRequestData request, Set<String> names, Map<String, Errors> failures) {
        ClusterImage image = controller.image();
        MetadataResponseData response = MetadataTopics.envelope(image, context, request);
        for (String name : names) {
            TopicInfo topic = image.topic(name);
            if (topic != null) {
                response.topics()
                        .add(MetadataTopics.topic(image, topic, request.includeTopicAuthorizedOperations(), context));
            } else {
                Errors error = failures.getOrDefault(name, TopicNames.absenceError(name));
                response.topics()
                        .add(new MetadataResponseTopic()
                                .setErrorCode(error.code())
                                .setName(name)
                                .setIsInternal(Topic.isInternal(name)));
            }
        }
        return response;
    }
}
