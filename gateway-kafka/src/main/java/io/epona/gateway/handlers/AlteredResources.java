package io.epona.gateway.handlers;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;

/**
 * The resources of a request that alters configurations: those to be passed on, and those refused before.
 *
 * @param <C> what is to be changed of a resource.
 */
final class AlteredResources<C> {
    /** What became of a resource, whose type is as in the request. */
    record Outcome(byte type, String name, ApiError error) {}

    private final Map<ConfigResource, C> accepted = new LinkedHashMap<>();
    private final Map<ConfigResource, ApiError> refused = new LinkedHashMap<>();
    private final List<Outcome> unknownTypes = new ArrayList<>();
    private final Set<ConfigResource> seen = new HashSet<>();

    /** Takes a resource; what {@code change} throws refuses it. */
    void add(byte typeId, String name, Supplier<C> change) {
        ConfigResource.Type type = ConfigResource.Type.forId(typeId);
        if (type == ConfigResource.Type.UNKNOWN) {
            unknownTypes.add(new Outcome(
                    typeId, name, new ApiError(Errors.UNSUPPORTED_VERSION, "Unknown resource type " + typeId + ".")));
            return;
        }
        ConfigResource resource = new ConfigResource(type, name);
        if (!seen.add(resource)) {
            accepted.remove(resource);
            refused.put(resource, new ApiError(Errors.INVALID_REQUEST, "Duplicate resource."));
            return;
        }
        try {
            accepted.put(resource, change.get());
        } catch (ApiException e) {
            refused.put(resource, ApiError.fromThrowable(e));
        }
    }

    Map<ConfigResource, C> accepted() {
        return accepted;
    }

    /**
     * What became of all resources of the request.
     *
     * @param results of those that were passed on.
     */
    List<Outcome> outcomes(Map<ConfigResource, ApiError> results) {
        Map<ConfigResource, ApiError> all = new LinkedHashMap<>(results);
        all.putAll(refused);
        List<Outcome> outcomes = new ArrayList<>(all.size() + unknownTypes.size());
        all.forEach(
                (resource, error) -> outcomes.add(new Outcome(resource.type().id(), resource.name(), error)));
        outcomes.addAll(unknownTypes);
        return outcomes;
    }
}
