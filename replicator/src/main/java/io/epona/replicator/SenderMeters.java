package io.epona.replicator;

import io.epona.runtime.CounterType;
import java.util.function.Function;
import org.agrona.concurrent.status.AtomicCounter;

/** What the sending thread counts; its only writer. */
final class SenderMeters {
    private final AtomicCounter sentLength;
    private final AtomicCounter sentMessages;
    private final AtomicCounter heartbeats;
    private final AtomicCounter backPressure;
    private final AtomicCounter dropped;
    private final AtomicCounter liveFeeds;
    private final AtomicCounter catchingUpFeeds;
    private final AtomicCounter multicastFeeds;

    SenderMeters(final Function<CounterType, AtomicCounter> counters) {
        this.sentLength = counters.apply(CounterType.REPLICATION_SENT);
        this.sentMessages = counters.apply(CounterType.REPLICATION_SENT_MESSAGES);
        this.heartbeats = counters.apply(CounterType.REPLICATION_HEARTBEATS);
        this.backPressure = counters.apply(CounterType.REPLICATION_BACK_PRESSURE);
        this.dropped = counters.apply(CounterType.REPLICATION_UNSENT);
        this.liveFeeds = counters.apply(CounterType.REPLICATION_LIVE_FEEDS);
        this.catchingUpFeeds = counters.apply(CounterType.REPLICATION_CATCHING_UP_FEEDS);
        this.multicastFeeds = counters.apply(CounterType.REPLICATION_MULTICAST_FEEDS);
    }

    void onFramesSent(final int length) {
        sentLength.getAndAddRelease(length);
        sentMessages.incrementRelease();
    }

    void onHeartbeatSent() {
        heartbeats.incrementRelease();
    }

    void onBackPressure() {
        backPressure.incrementRelease();
    }

    void onUnsent() {
        dropped.incrementRelease();
    }

    void onFeedState(final FrameFeed.State from, final FrameFeed.State to) {
        add(from, -1);
        add(to, 1);
    }

    private void add(final FrameFeed.State state, final int difference) {
        switch (state) {
            case LIVE -> liveFeeds.getAndAddRelease(difference);
            case CATCHING_UP -> catchingUpFeeds.getAndAddRelease(difference);
            case MULTICAST -> multicastFeeds.getAndAddRelease(difference);
            case STOPPED -> {
                // Not counted: the others of all feeds.
            }
        }
    }
}
