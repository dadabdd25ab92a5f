package io.epona.gateway.handlers;

import io.epona.controller.BrokerInfo;
import io.epona.controller.ClusterController;
import io.epona.controller.ClusterImage;
import io.epona.gateway.RequestContext;
import io.epona.gateway.RequestHandler;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.message.ListConfigResourcesRequestData;
import org.apache.kafka.common.message.ListConfigResourcesResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/** ListConfigResources: the topics, the brokers, and the groups for which something is set. */
final class ListConfigResourcesHandler implements RequestHandler {
    /** What Kafka lists; of some there is nothing here. */
    private static final Set<Byte> TYPES = Set.of(
            ConfigResource.Type.TOPIC.id(),
            ConfigResource.Type.BROKER.id(),
            ConfigResource.Type.BROKER_LOGGER.id(),
            ConfigResource.Type.CLIENT_METRICS.id(),
            ConfigResource.Type.GROUP.id());

    private final ClusterController controller;

    ListConfigResourcesHandler(ClusterController controller) {
        this.controller = controller;
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.LIST_CONFIG_RESOURCES;
    }

    @Override
    public void handle(RequestContext context, ApiMessage message) {
        ListConfigResourcesResponseData response = new ListConfigResourcesResponseData();
        // Version 0 asks for client metrics alone, of which there are none.
        if (context.apiVersion() > 0) {
            List<Byte> asked = ((ListConfigResourcesRequestData) message).resourceTypes();
            Set<Byte> types = asked.isEmpty() ? TYPES : new HashSet<>(asked);
            if (TYPES.containsAll(types)) {
                ClusterImage image = controller.image();
                types.forEach(type -> add(response, type, names(image, ConfigResource.Type.forId(type))));
            } else {
                response.setErrorCode(Errors.UNSUPPORTED_VERSION.code());
            }
        }
        context.respond(response);
    }

    private static Collection<String> names(ClusterImage image, ConfigResource.Type type) {
        return switch (type) {
            case TOPIC -> image.topicNames();
            case BROKER ->
                image.brokers().stream()
                        .map(BrokerInfo::id)
                        .map(String::valueOf)
                        .toList();
            case GROUP -> image.configuredGroups();
            default -> List.of();
        };
    }

    private static void add(ListConfigResourcesResponseData response, byte type, Collection<String> names) {
        names.forEach(name -> response.configResources()
                .add(new ListConfigResourcesResponseData.ConfigResource()
                        .setResourceType(type)
                        .setResourceName(name)));
    }
}
