package io.epona.gateway.net;

/**
 * What one gateway thread contributes to a listener.
 *
 * @param loop its event loop.
 * @param hub where its connections go.
 */
public record GatewayShare(GatewayLoop loop, ConnectionHub hub) {}
