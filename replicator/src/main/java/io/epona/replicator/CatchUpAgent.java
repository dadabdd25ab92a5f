package io.epona.replicator;

import java.util.List;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.IdleStrategy;

/**
 * Sends followers from the journal what the log rings no longer hold. Runs on a thread of its own, because reading the
 * device may take its time; the sending thread says what to do and signals. Made by {@link Replicator}.
 *
 * <p>No follower waits for another: each has a buffer and a stream of its own, and gets its turn in each duty cycle.
 */
public final class CatchUpAgent implements Agent {
    /** Rounds in vain after which pauses get longer by one. */
    private static final int ROUNDS_PER_PAUSE = 10;

    /** With pauses of 0.2 ms the longest is 10 ms, which a follower that comes back does not notice. */
    private static final int MAX_PAUSES = 50;

    private final List<CatchUpFeed> feeds;
    private final PeerTransport transport;
    private final IdleStrategy whileBlocked;
    private int blockedCount;

    /**
     * @param feeds of all lanes and followers.
     * @param transport whose unused streams it releases.
     * @param whileBlocked between attempts while every active feed waits for its stream or its journal.
     */
    CatchUpAgent(final List<CatchUpFeed> feeds, final PeerTransport transport, final IdleStrategy whileBlocked) {
        this.feeds = feeds;
        this.transport = transport;
        this.whileBlocked = whileBlocked;
    }

    /** Positive while there is anything to do at all: a thread may park, until signalled, only when it returns 0. */
    @Override
    public int doWork() {
        int stepCount = 0;
        boolean isActive = false;
        for (int i = 0; i < feeds.size(); i++) {
            final CatchUpFeed feed = feeds.get(i);
            stepCount += feed.doWork();
            isActive |= feed.isActive();
        }
        if (isActive) {
            pause(stepCount);
            return 1;
        }
        transport.releaseUnused();
        return 0;
    }

    /** The longer nothing can be done (a follower that is away), the longer the pauses. */
    private void pause(final int stepCount) {
        blockedCount = stepCount > 0 ? 0 : Math.min(blockedCount + 1, MAX_PAUSES * ROUNDS_PER_PAUSE);
        whileBlocked.idle(stepCount);
        for (int i = blockedCount / ROUNDS_PER_PAUSE; i > 0; i--) {
            whileBlocked.idle(0);
        }
    }

    @Override
    public void onClose() {
        feeds.forEach(CatchUpFeed::close);
    }

    @Override
    public String roleName() {
        return "catch-up";
    }
}
