package io.epona.replicator;

import io.epona.runtime.NodeClock;
import java.util.List;
import org.agrona.concurrent.Agent;

/**
 * Carries lanes' words and logs to other nodes. A hot agent: run it after the lanes in the same duty cycle, or on a
 * thread that lanes signal, so that frames are offered as soon as they are appended. Made by {@link Replicator}.
 *
 * <p>One thread owns it. It never blocks, and allocates nothing while feeds neither start nor change streams. It ends
 * with an {@link org.agrona.concurrent.AgentTerminationException} when a stream has ended for good.
 */
public final class ReplicationSender implements Agent {
    private final List<LaneOutbox> outboxes;
    private final ControlOutbox control;
    private final List<MulticastFeed> multicastFeeds;
    private final List<FrameFeed> feeds;
    private final PeerTransport transport;
    private final NodeClock clock;

    ReplicationSender(
            final List<LaneOutbox> outboxes,
            final ControlOutbox control,
            final List<MulticastFeed> multicastFeeds,
            final List<FrameFeed> feeds,
            final PeerTransport transport,
            final NodeClock clock) {
        this.outboxes = List.copyOf(outboxes);
        this.control = control;
        this.multicastFeeds = List.copyOf(multicastFeeds);
        this.feeds = List.copyOf(feeds);
        this.transport = transport;
        this.clock = clock;
    }

    @Override
    public int doWork() {
        final long nowNs = clock.nanoTime();
        int workCount = 0;
        for (int i = 0; i < outboxes.size(); i++) {
            workCount += outboxes.get(i).poll(nowNs);
        }
        int sentCount = control.flush();
        for (int i = 0; i < multicastFeeds.size(); i++) {
            sentCount += multicastFeeds.get(i).doWork(nowNs);
        }
        for (int i = 0; i < feeds.size(); i++) {
            sentCount += feeds.get(i).doWork(nowNs);
        }
        if (sentCount > 0) {
            transport.flush();
        }
        return workCount + sentCount;
    }

    @Override
    public String roleName() {
        return "replication-sender";
    }
}
