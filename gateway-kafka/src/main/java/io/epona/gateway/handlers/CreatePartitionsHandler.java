package io.epona.gateway.handlers;

import io.epona.controller.ClusterController;
import io.epona.controller.NewPartitionsSpec;
import io.epona.gateway.RequestContext;
import io.epona.gateway.RequestHandler;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.message.CreatePartitionsRequestData;
import org.apache.kafka.common.message.CreatePartitionsRequestData.CreatePartitionsAssignment;
import org.apache.kafka.common.message.CreatePartitionsRequestData.CreatePartitionsTopic;
import org.apache.kafka.common.message.CreatePartitionsResponseData;
import org.apache.kafka.common.message.CreatePartitionsResponseData.CreatePartitionsTopicResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;

/** CreatePartitions. Answered when the new partitions can be written to. */
final class CreatePartitionsHandler implements RequestHandler {
    private final ClusterController controller;

    CreatePartitionsHandler(ClusterController controller) {
        this.controller = controller;
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.CREATE_PARTITIONS;
    }

    @Override
    public void handle(RequestContext context, ApiMessage message) {
        CreatePartitionsRequestData request = (CreatePartitionsRequestData) message;
        Set<String> duplicates = duplicates(request);
        List<NewPartitionsSpec> topics = new ArrayList<>();
        for (CreatePartitionsTopic topic : request.topics()) {
            if (!duplicates.contains(topic.name())) {
                topics.add(new NewPartitionsSpec(topic.name(), topic.count(), assignments(topic)));
            }
        }
        context.onGatewayThread(
                controller.createPartitions(topics, request.validateOnly(), request.timeoutMs()), (results, error) -> {
                    if (error != null) {
                        context.fail(error);
                        return;
                    }
                    CreatePartitionsResponseData response = new CreatePartitionsResponseData();
                    results.forEach(result -> response.results().add(answer(result.name(), result.error())));
                    ApiError duplicate = new ApiError(Errors.INVALID_REQUEST, "Duplicate topic name.");
                    duplicates.forEach(name -> response.results().add(answer(name, duplicate)));
                    context.respond(response);
                });
    }

    private static Set<String> duplicates(CreatePartitionsRequestData request) {
        Set<String> names = new HashSet<>();
        Set<String> duplicates = new LinkedHashSet<>();
        for (CreatePartitionsTopic topic : request.topics()) {
            if (!names.add(topic.name())) {
                duplicates.add(topic.name());
            }
        }
        return duplicates;
    }

    private static List<List<Integer>> assignments(CreatePartitionsTopic topic) {
        return topic.assignments() == null
                ? null
                : topic.assignments().stream()
                        .map(CreatePartitionsAssignment::brokerIds)
                        .toList();
    }

    private static CreatePartitionsTopicResult answer(String name, ApiError error) {
        return new CreatePartitionsTopicResult()
                .setName(name)
                .setErrorCode(error.error().code())
                .setErrorMessage(error.message());
    }
}
