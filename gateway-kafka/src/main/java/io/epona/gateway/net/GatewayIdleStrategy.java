package io.epona.gateway.net;

import io.epona.runtime.Signal;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.agrona.concurrent.IdleStrategy;

/**
 * Lets a gateway thread wait in its event loop, for the network and for its other inputs at once. The first idle round
 * arms it and lets the duty cycle look at everything once more; the next waits until there is I/O, somebody signals, or
 * the gateway's next timer is due. {@link io.epona.runtime.ParkingSignal} has the argument why no signal is lost.
 *
 * <p>One instance belongs to one thread, which may run other agents beside the gateway; they wake it by
 * {@link #signal()}, which any thread may call.
 */
public final class GatewayIdleStrategy implements IdleStrategy, Signal {
    /** Name of this strategy in configuration. */
    public static final String ALIAS = "gateway";

    private static final int RUNNING = 0;
    private static final int ARMED = 1;
    private static final VarHandle STATE;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(GatewayIdleStrategy.class, "state", int.class);
        } catch (final ReflectiveOperationException ex) {
            throw new ExceptionInInitializerError(ex);
        }
    }

    private final GatewayLoop loop;
    private final DeadlineQueue deadlines;
    private final int spins;
    private final long maxWaitNs;
    private volatile int state = RUNNING;

    private int idleCount;

    /**
     * A strategy for the thread that drives the loop.
     *
     * @param loop to wait in.
     * @param deadlines timers of the gateway.
     * @param spins idle duty cycles before arming.
     * @param maxWaitNs longest wait, for timers of other agents on the thread.
     */
    public GatewayIdleStrategy(
            final GatewayLoop loop, final DeadlineQueue deadlines, final int spins, final long maxWaitNs) {
        this.loop = loop;
        this.deadlines = deadlines;
        this.spins = spins;
        this.maxWaitNs = maxWaitNs;
    }

    @Override
    public void signal() {
        VarHandle.fullFence();
        if (ARMED == (int) STATE.getOpaque(this) && STATE.compareAndSet(this, ARMED, RUNNING)) {
            loop.wakeUp();
        }
    }

    @Override
    public void idle(final int workCount) {
        if (workCount > 0) {
            reset();
        } else {
            idle();
        }
    }

    @Override
    public void idle() {
        if (idleCount < spins) {
            idleCount++;
            Thread.onSpinWait();
        } else if (idleCount == spins) {
            idleCount++;
            state = ARMED;
            VarHandle.fullFence();
            loop.skipPoll();
        } else {
            await();
            idleCount = 0;
        }
    }

    private void await() {
        if (state == ARMED) {
            final long waitNs = deadlines.remainingNs(System.nanoTime(), maxWaitNs);
            if (waitNs > 0) {
                loop.await(waitNs);
            }
            STATE.setOpaque(this, RUNNING);
        }
    }

    @Override
    public void reset() {
        if (idleCount > spins) {
            STATE.setOpaque(this, RUNNING);
        }
        idleCount = 0;
    }

    @Override
    public String alias() {
        return ALIAS;
    }
}
