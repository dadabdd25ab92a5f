package io.epona.gateway.handlers;

import io.epona.controller.ClusterController;
import io.epona.coordinator.GroupConfigs;
import io.epona.gateway.RequestContext;
import io.epona.gateway.RequestHandler;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterConfigsResource;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterableConfig;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData.AlterConfigsResourceResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;

/** IncrementalAlterConfigs, of topics and groups. */
final class IncrementalAlterConfigsHandler implements RequestHandler {
    private final ClusterController controller;
    private final GroupConfigs groupConfigs;

    IncrementalAlterConfigsHandler(ClusterController controller, GroupConfigs groupConfigs) {
        this.controller = controller;
        this.groupConfigs = groupConfigs;
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.INCREMENTAL_ALTER_CONFIGS;
    }

    @Override
    public void handle(RequestContext context, ApiMessage message) {
        IncrementalAlterConfigsRequestData request = (IncrementalAlterConfigsRequestData) message;
        IncrementalAlterConfigsResponseData response = new IncrementalAlterConfigsResponseData();
        AlteredResources<Collection<AlterConfigOp>> resources = new AlteredResources<>();
        for (AlterConfigsResource resource : request.resources()) {
            resources.add(resource.resourceType(), resource.resourceName(), () -> operations(resource));
        }
        context.onGatewayThread(
                controller.incrementalAlterConfigs(resources.accepted(), request.validateOnly()), (results, error) -> {
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

    private List<AlterConfigOp> operations(AlterConfigsResource resource) {
        List<AlterConfigOp> operations = new ArrayList<>();
        Set<String> keys = new HashSet<>();
        for (AlterableConfig config : resource.configs()) {
            AlterConfigOp.OpType type = AlterConfigOp.OpType.forId(config.configOperation());
            if (type == null) {
                throw new InvalidRequestException("Unknown operation type " + config.configOperation());
            }
            if (!keys.add(config.name())) {
                throw new InvalidRequestException("Error due to duplicate config keys: " + config.name());
            }
            if (type != AlterConfigOp.OpType.DELETE && config.value() == null) {
                throw new InvalidRequestException("Null value not supported for : " + config.name());
            }
            operations.add(new AlterConfigOp(new ConfigEntry(config.name(), config.value()), type));
        }
        if (resource.resourceType() == ConfigResource.Type.GROUP.id()) {
            groupConfigs.validate(afterwards(resource.resourceName(), operations));
        }
        return operations;
    }

    /** No key of a group has a list, so that the controller refuses what extends or shortens one. */
    private Map<String, String> afterwards(String group, List<AlterConfigOp> operations) {
        Map<String, String> configs = new HashMap<>(controller.image().groupConfigs(group));
        for (AlterConfigOp operation : operations) {
            ConfigEntry entry = operation.configEntry();
            if (operation.opType() == AlterConfigOp.OpType.SET) {
                configs.put(entry.name(), entry.value());
            } else if (operation.opType() == AlterConfigOp.OpType.DELETE) {
                configs.remove(entry.name());
            }
        }
        return configs;
    }
}
