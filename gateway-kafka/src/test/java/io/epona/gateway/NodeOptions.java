package io.epona.gateway;

import io.epona.controller.TopicDefaults;
import io.epona.gateway.fetch.FetchConfig;
import io.epona.gateway.net.NetConfig;
import java.util.function.UnaryOperator;

/** How a test's node differs from the ordinary one. */
public record NodeOptions(
        int laneCount,
        int gatewayCount,
        int ringLength,
        int commandRingLength,
        int replyRingLength,
        long shelfAgeMs,
        TopicDefaults topics,
        UnaryOperator<NetConfig> net,
        FetchConfig fetch) {
    public static NodeOptions standard() {
        return new NodeOptions(
                1,
                1,
                16 * 1024 * 1024,
                4 * 1024 * 1024,
                64 * 1024,
                20,
                TopicDefaults.STANDARD,
                UnaryOperator.identity(),
                FetchConfig.defaults());
    }

    public NodeOptions withLanes(final int count, final int gateways) {
        return new NodeOptions(
                count, gateways, ringLength, commandRingLength, replyRingLength, shelfAgeMs, topics, net, fetch);
    }

    public NodeOptions withRings(final int ring, final int commands, final int replies) {
        return new NodeOptions(laneCount, gatewayCount, ring, commands, replies, shelfAgeMs, topics, net, fetch);
    }

    public NodeOptions withTopics(final TopicDefaults defaults) {
        return new NodeOptions(
                laneCount,
                gatewayCount,
                ringLength,
                commandRingLength,
                replyRingLength,
                shelfAgeMs,
                defaults,
                net,
                fetch);
    }

    public NodeOptions withNet(final UnaryOperator<NetConfig> change) {
        return new NodeOptions(
                laneCount,
                gatewayCount,
                ringLength,
                commandRingLength,
                replyRingLength,
                shelfAgeMs,
                topics,
                change,
                fetch);
    }

    public NodeOptions withNative(final boolean isNative) {
        return withNet(config -> new NetConfig(
                config.listenerName(),
                config.host(),
                config.port(),
                config.maxRequestLength(),
                config.maxInFlightRequestLength(),
                config.maxConnections(),
                config.connectionsMaxIdleMs(),
                config.requestReceiveTimeoutMs(),
                config.maxPipelinedRequests(),
                -1,
                -1,
                isNative));
    }

    public NodeOptions withFetch(final FetchConfig config) {
        return new NodeOptions(
                laneCount,
                gatewayCount,
                ringLength,
                commandRingLength,
                replyRingLength,
                shelfAgeMs,
                topics,
                net,
                config);
    }
}
