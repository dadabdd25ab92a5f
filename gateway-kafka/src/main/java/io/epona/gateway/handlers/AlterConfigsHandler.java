package io.epona.gateway.handlers;

import io.epona.controller.ClusterController;
import io.epona.coordinator.GroupConfigs;
import io.epona.gateway.RequestContext;
import io.epona.gateway.RequestHandler;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.message.AlterConfigsRequestData;
import org.apache.kafka.common.message.AlterConfigsRequestData.AlterConfigsResource;
import org.apache.kafka.common.message.AlterConfigsRequestData.AlterableConfig;
import org.apache.kafka.common.message.AlterConfigsResponseData;
import org.apache.kafka.common.message.AlterConfigsResponseData.AlterConfigsResourceResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;

/** AlterConfigs, of topics and groups: the old way, which replaces a whole configuration. */
final class AlterConfigsHandler implements RequestHandler {
    private final ClusterController controller;
    private final GroupConfigs groupConfigs;

    AlterConfigsHandler(ClusterController controller, GroupConfigs groupConfigs) {
        this.controller = controller;
        this.groupConfigs = groupConfigs;
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.ALTER_CONFIGS;
    }

    @Override
    public void handle(RequestContext context, ApiMessage message) {
        AlterConfigsRequestData request = (AlterConfigsRequestData) message;
        AlterConfigsResponseData response = new AlterConfigsResponseData();
        AlteredResources<Map<String, String>> resources = new AlteredResources<>();
        for (AlterConfigsResource resource : request.resources()) {
            resources.add(resource.resourceType(), resource.resourceName(), () -> configs(resource));
        }
        context.onGatewayThread(
                controller.alterConfigs(resources.accepted(), request.validateOnly()), (results, error) -> {
                    if (error != null) {
                        context.fail(error);
                        return;
                    }
                    resources
                            .outcomes(results)
                            .forEach(outcome -> response.responses().add(answer(outcome)));
                    context.respond(response);
                });
    }

    private static AlterConfigsResourceResponse answer(AlteredResources.Outcome outcome) {
        return new AlterConfigsResourceResponse()
                .setResourceType(outcome.type())
                .setResourceName(outcome.name())
                .setErrorCode(outcome.error().error().code())
                .setErrorMessage(outcome.error().message());
    }

    private Map<String, String> configs(AlterConfigsResource resource) {
        Map<String, String> configs = new LinkedHashMap<>();
        for (AlterableConfig config : resource.configs()) {
            if (config.value() == null) {
                throw new InvalidRequestException("Null value not supported for : " + config.name());
            }
            if (configs.put(config.name(), config.value()) != null) {
                throw new InvalidRequestException("Error due to duplicate config keys: " + config.name());
            }
        }
        if (resource.resourceType() == ConfigResource.Type.GROUP.id()) {
            groupConfigs.validate(configs);
        }
        return configs;
    }
}
