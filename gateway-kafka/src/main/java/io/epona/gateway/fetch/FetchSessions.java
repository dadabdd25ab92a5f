package io.epona.gateway.fetch;

import io.epona.runtime.NodeClock;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The sessions of one gateway thread, by id. When there is no room for a new one, it takes the place of one that was
 * unused for long, else of one that is old and has fewer partitions, else the client goes without. A client that
 * reconnects to another thread is told that its session is not known, and starts a new one. Gateway thread only; the
 * counts may be read by any thread.
 */
public final class FetchSessions {
    private final FetchConfig config;
    private final NodeClock clock;
    private final Map<Integer, FetchSession> sessions = new HashMap<>();
    private final AtomicLong count = new AtomicLong();
    private final AtomicLong evictions = new AtomicLong();

    FetchSessions(final FetchConfig config, final NodeClock clock) {
        this.config = config;
        this.clock = clock;
    }

    /** Sessions kept now. */
    public long count() {
        return count.get();
    }

    /** Sessions that had to make room. */
    public long evictions() {
        return evictions.get();
    }

    FetchSession get(final int id) {
        return sessions.get(id);
    }

    /** Keeps a session. Returns its id, or {@link FetchSession#NO_ID} when there is no room. */
    int register(final FetchSession session, final int firstEpoch) {
        final long nowMs = clock.epochMs();
        if (sessions.size() >= config.maxSessions() && !evictFor(session, nowMs)) {
            return FetchSession.NO_ID;
        }
        final ThreadLocalRandom random = ThreadLocalRandom.current();
        int id;
        do {
            id = random.nextInt(1, Integer.MAX_VALUE);
        } while (sessions.containsKey(id));
        session.registered(id, firstEpoch, nowMs);
        sessions.put(id, session);
        count.setOpaque(sessions.size());
        return id;
    }

    void use(final FetchSession session, final int newEpoch) {
        session.use(newEpoch, clock.epochMs());
    }

    void remove(final int id) {
        final FetchSession session = sessions.remove(id);
        if (session != null) {
            count.setOpaque(sessions.size());
            session.unregistered();
        }
    }

    private boolean evictFor(final FetchSession candidate, final long nowMs) {
        FetchSession oldest = null;
        FetchSession smallest = null;
        for (final FetchSession session : sessions.values()) {
            if (oldest == null || session.lastUsedMs() < oldest.lastUsedMs()) {
                oldest = session;
            }
            if (nowMs - session.createdMs() > config.sessionEvictionMs()
                    && (smallest == null || session.size() < smallest.size())) {
                smallest = session;
            }
        }
        final FetchSession evicted;
        if (oldest != null && nowMs - oldest.lastUsedMs() > config.sessionEvictionMs()) {
            evicted = oldest;
        } else if (smallest != null && smallest.size() < candidate.size()) {
            evicted = smallest;
        } else {
            return false;
        }
        remove(evicted.id());
        evictions.setOpaque(evictions.getPlain() + 1);
        return true;
    }
}
