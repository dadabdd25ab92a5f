package io.epona.node.cell;

import io.epona.runtime.LaneCounters;
import io.epona.runtime.LaneRole;
import io.epona.runtime.NodeClock;
import io.epona.runtime.ReplicaCounters;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.status.AtomicCounter;

/**
 * Tells how long the oldest frame that another replica has not made durable has been appended, for the lanes that this
 * node leads. It looks at the positions at the pace of the background thread, so the times are exact to that pace.
 * Decides nothing. One thread.
 */
public final class ReplicaLag implements Agent {
    private static final int MAX_MARKS = 4_096;

    private final NodeClock clock;
    private final List<Watched> watched = new ArrayList<>();

    /** End of a log, and when it was seen first. */
    private record Mark(long position, long seenNs) {}

    private static final class Watched {
        final LaneCounters lane;
        final LaneRole role;
        final ReplicaCounters replica;
        final AtomicCounter lagMs;
        final Deque<Mark> marks = new ArrayDeque<>();

        Watched(
                final LaneCounters lane,
                final LaneRole role,
                final ReplicaCounters replica,
                final AtomicCounter lagMs) {
            this.lane = lane;
            this.role = role;
            this.replica = replica;
            this.lagMs = lagMs;
        }
    }

    /** Watches nobody yet. */
    public ReplicaLag(final NodeClock clock) {
        this.clock = clock;
    }

    /** Adds a replica, before the agent is run. */
    public void watch(
            final LaneCounters lane, final LaneRole role, final ReplicaCounters replica, final AtomicCounter lagMs) {
        watched.add(new Watched(lane, role, replica, lagMs));
    }

    @Override
    public int doWork() {
        final long nowNs = clock.nanoTime();
        for (final Watched one : watched) {
            look(one, nowNs);
        }
        return 0;
    }

    private static void look(final Watched one, final long nowNs) {
        if (one.role.leadingEpoch().getAcquire() == LaneRole.NOT_LEADING) {
            one.marks.clear();
            one.lagMs.setRelease(0);
            return;
        }
        final long acked = one.replica.acked().getAcquire();
        final long appended = one.lane.appended().getAcquire();
        while (!one.marks.isEmpty() && one.marks.peekFirst().position <= acked) {
            one.marks.removeFirst();
        }
        final boolean isNew = one.marks.isEmpty() || one.marks.peekLast().position < appended;
        if (appended > acked && isNew && one.marks.size() < MAX_MARKS) {
            one.marks.addLast(new Mark(appended, nowNs));
        }
        one.lagMs.setRelease(
                one.marks.isEmpty() ? 0 : TimeUnit.NANOSECONDS.toMillis(nowNs - one.marks.peekFirst().seenNs));
    }

    @Override
    public String roleName() {
        return "replica-lag";
    }
}
