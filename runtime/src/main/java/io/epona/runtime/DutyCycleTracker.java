package io.epona.runtime;

import org.agrona.concurrent.Agent;
import org.agrona.concurrent.status.AtomicCounter;

/**
 * Publishes an agent's longest duty cycle and how often one took longer than a threshold. Called by the agent's thread
 * only; read through its counters by anybody.
 *
 * <p>A cycle is the time inside {@code doWork}; idling between cycles does not count. Without allocation.
 */
public final class DutyCycleTracker {
    private final AtomicCounter maxCycleNs;
    private final AtomicCounter slowCycles;
    private final long thresholdNs;

    private long startNs;
    private long longestNs;

    /**
     * A tracker that writes to the two counters.
     *
     * @param maxCycleNs longest cycle, in nanoseconds
     * @param slowCycles cycles above the threshold
     * @param thresholdNs above which a cycle is slow
     */
    public DutyCycleTracker(final AtomicCounter maxCycleNs, final AtomicCounter slowCycles, final long thresholdNs) {
        this.maxCycleNs = maxCycleNs;
        this.slowCycles = slowCycles;
        this.thresholdNs = thresholdNs;
    }

    /**
     * A tracker with counters of its own, the threshold in the label.
     *
     * @param counters that get two more
     * @param agentId number of the agent, as key
     * @param agentName role name of the agent
     * @param thresholdNs above which a cycle is slow
     */
    public static DutyCycleTracker create(
            final NodeCounters counters, final int agentId, final String agentName, final long thresholdNs) {
        return new DutyCycleTracker(
                counters.counter(CounterType.AGENT_MAX_CYCLE, agentId, agentName),
                counters.counter(
                        CounterType.AGENT_SLOW_CYCLES, agentId, agentName, "threshold=" + thresholdNs / 1_000 + "us"),
                thresholdNs);
    }

    /** The agent, with each of its duty cycles tracked. */
    public Agent track(final Agent agent, final NodeClock clock) {
        return new TrackedAgent(agent, this, clock);
    }

    /** A duty cycle begins. */
    public void onCycleStart(final long nowNs) {
        startNs = nowNs;
    }

    /** The duty cycle that began last has ended. */
    public void onCycleEnd(final long nowNs) {
        final long cycleNs = nowNs - startNs;
        if (cycleNs > longestNs) {
            longestNs = cycleNs;
            maxCycleNs.setRelease(cycleNs);
        }
        if (cycleNs > thresholdNs) {
            slowCycles.incrementRelease();
        }
    }

    private static final class TrackedAgent implements Agent {
        private final Agent agent;
        private final DutyCycleTracker tracker;
        private final NodeClock clock;

        TrackedAgent(final Agent agent, final DutyCycleTracker tracker, final NodeClock clock) {
            this.agent = agent;
            this.tracker = tracker;
            this.clock = clock;
        }

        @Override
        public void onStart() {
            agent.onStart();
        }

        @Override
        public int doWork() throws Exception {
            tracker.onCycleStart(clock.nanoTime());
            try {
                return agent.doWork();
            } finally {
                tracker.onCycleEnd(clock.nanoTime());
            }
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
}
