package io.epona.systemtests.cell;

import io.epona.runtime.Signal;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.AgentTerminationException;

/**
 * An agent on a thread of its own, in virtual time: a duty cycle now and then while it is idle, soon again while it has
 * work, and soon after a signal. One thread.
 */
final class AgentLoop implements Signal {
    private static final long NEVER = Long.MAX_VALUE;

    private final World world;
    private final Life life;
    private final Agent agent;
    private final long idleNs;
    private final java.util.function.Consumer<Throwable> onTerminated;
    private long dueNs = NEVER;
    private boolean isRunning;
    private boolean isEnded;

    /**
     * @param idleNs mean time between two duty cycles without work.
     * @param onTerminated the agent has ended its thread.
     */
    AgentLoop(
            final World world,
            final Life life,
            final Agent agent,
            final long idleNs,
            final java.util.function.Consumer<Throwable> onTerminated) {
        this.world = world;
        this.life = life;
        this.agent = agent;
        this.idleNs = idleNs;
        this.onTerminated = onTerminated;
    }

    /** True while it is in a duty cycle that blocks. */
    boolean isRunning() {
        return isRunning;
    }

    void start() {
        agent.onStart();
        schedule(world.chance().between(1_000L, idleNs));
    }

    @Override
    public void signal() {
        if (!isRunning && !isEnded) {
            schedule(world.chance().between(2_000L, 60_000L));
        }
    }

    private void schedule(final long delayNs) {
        final long atNs = world.timeline().nowNs() + delayNs;
        if (atNs < dueNs) {
            dueNs = atNs;
            world.timeline().after(delayNs, life, () -> run(atNs));
        }
    }

    private void run(final long atNs) {
        if (atNs != dueNs || isRunning || isEnded) {
            return;
        }
        dueNs = NEVER;
        isRunning = true;
        int workCount = 0;
        try {
            workCount = agent.doWork();
        } catch (final AgentTerminationException ex) {
            isEnded = true;
            onTerminated.accept(ex);
        } catch (final Violation ex) {
            throw ex;
        } catch (final Exception ex) {
            isEnded = true;
            onTerminated.accept(ex);
        } finally {
            isRunning = false;
        }
        if (!isEnded && !life.isOver()) {
            final Chance chance = world.chance();
            schedule(workCount > 0 ? chance.between(2_000L, 80_000L) : chance.between(idleNs / 4, idleNs * 2));
        }
    }
}
