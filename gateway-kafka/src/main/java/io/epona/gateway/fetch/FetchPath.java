package io.epona.gateway.fetch;

import io.epona.gateway.GatewayContext;
import io.epona.gateway.LeaderHints;
import io.epona.gateway.RequestHandler;
import io.epona.gateway.log.FrameIndex;
import io.epona.gateway.net.ConnectionHub;

/** The parts of fetching, put together for one gateway thread. */
public final class FetchPath {
    private final FetchSessions sessions;
    private final FetchService service;

    /**
     * Puts them together.
     *
     * @param context of the gateway.
     * @param index of the gateway.
     * @param meters of the gateway.
     * @param hub where the connections are, as soon as there are any.
     */
    public FetchPath(
            final GatewayContext context,
            final FrameIndex index,
            final FetchMeters meters,
            final ConnectionHub.Slot hub) {
        final FetchSources sources = new FetchSources(
                context.controller(),
                index,
                context.partitionLogs(),
                context.clock(),
                new LeaderHints(context.controller()));
        sessions = new FetchSessions(context.fetch(), context.clock());
        service = new FetchService(
                sources,
                sessions,
                new FetchAnswer(sources, meters, context.thread().loop().allocator()),
                new ColdReader(context.partitionLogs(), context.coldReads()),
                new FetchService.Surroundings(
                        context.fetch(), meters, context.thread().deadlines(), hub));
    }

    /** The handler of Fetch. */
    public RequestHandler handler() {
        return new FetchHandler(service);
    }

    /** Goes on with fetches that have records now. */
    public int poll() {
        return service.poll();
    }

    /** The sessions. */
    public FetchSessions sessions() {
        return sessions;
    }
}
