package io.epona.node;

import io.epona.runtime.NodeCounters;
import io.epona.runtime.Signal;
import io.epona.runtime.SystemNodeClock;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.Agent;

/** The small agents of the background thread that belong to no other module. */
final class Background {
    private static final long HOUSEKEEPING_INTERVAL_NS = TimeUnit.SECONDS.toNanos(1);

    private Background() {}

    /**
     * An agent whose progress makes room for another one's, which is woken.
     *
     * @param agent that makes progress
     * @param wake wakes the other
     */
    record Waking(Agent agent, Signal wake) implements Agent {
        @Override
        public void onStart() {
            agent.onStart();
        }

        @Override
        public int doWork() throws Exception {
            final int workCount = agent.doWork();
            if (workCount > 0) {
                wake.signal();
            }
            return workCount;
        }

        @Override
        public void onClose() {
            agent.onClose();
        }

        @Override
        public String roleName() {
            return agent.roleName();
        }
    }

    /** Keeps the counters file up to date, shows in it that the node lives, keeps its clock with the machine's. */
    static final class Housekeeping implements Agent {
        private final NodeCounters counters;
        private final SystemNodeClock clock;
        private final CounterPublisher publisher;
        private long dueNs;

        Housekeeping(final NodeCounters counters, final SystemNodeClock clock, final CounterPublisher publisher) {
            this.counters = counters;
            this.publisher = publisher;
            this.clock = clock;
            this.dueNs = clock.nanoTime();
        }

        @Override
        public int doWork() {
            final long nowNs = clock.nanoTime();
            if (nowNs - dueNs < 0) {
                return 0;
            }
            dueNs = nowNs + HOUSEKEEPING_INTERVAL_NS;
            clock.synchronise();
            publisher.publish();
            counters.heartbeat(clock.epochMs());
            return 1;
        }

        @Override
        public String roleName() {
            return "housekeeping";
        }
    }
}
