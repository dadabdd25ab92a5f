package io.epona.gateway;

import io.epona.gateway.net.DeadlineQueue;
import io.epona.gateway.net.GatewayIdleStrategy;
import io.epona.gateway.net.GatewayLoop;

/**
 * What exists of a gateway before the lanes that signal it: its event loop, its timers, and how its thread waits. Made
 * first, handed to the lanes (the idle strategy is the {@link io.epona.runtime.Signal} that wakes the thread) and then
 * to {@link KafkaGateway}, which closes the loop.
 *
 * @param loop of the thread.
 * @param deadlines of the thread.
 * @param idleStrategy for the thread that runs the gateway, in profiles whose threads wait.
 */
public record GatewayThread(GatewayLoop loop, DeadlineQueue deadlines, GatewayIdleStrategy idleStrategy) {
    /**
     * Opens the loop.
     *
     * @param nativeTransport true for epoll where it is available, false for NIO.
     * @param spins idle duty cycles before the thread waits.
     * @param maxWaitNs longest wait, for timers of other agents on the thread.
     */
    public static GatewayThread open(final boolean nativeTransport, final int spins, final long maxWaitNs) {
        final GatewayLoop loop = GatewayLoop.open(nativeTransport);
        final DeadlineQueue deadlines = new DeadlineQueue();
        return new GatewayThread(loop, deadlines, new GatewayIdleStrategy(loop, deadlines, spins, maxWaitNs));
    }
}
