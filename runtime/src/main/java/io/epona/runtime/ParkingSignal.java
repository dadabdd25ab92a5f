package io.epona.runtime;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;

/**
 * A {@link Signal} on which exactly one thread, its owner, waits by parking; any thread may signal. Signalling is
 * wait-free and allocates nothing.
 *
 * <p>The owner does not wait here on its own account: {@link SignalledIdleStrategy} drives the steps {@link #arm()},
 * <em>poll once more</em>, {@link #awaitNs(long)}, {@link #disarm()}.
 *
 * <h2>Why no wake-up is lost</h2>
 *
 * <pre>
 *   publisher                          owner
 *   P1  counter := new position        O1  state := ARMED
 *   P2  full fence                     O2  full fence
 *   P3  read state                     O3  poll the counter
 *                                      O4  nothing new, and state is still ARMED: park
 * </pre>
 *
 * <p>The full fences P2 and O2 are ordered one way or the other. If P2 comes first, then O3 sees P1 and the owner works
 * instead of parking. If O2 comes first, then P3 sees ARMED (or what a later step of the owner or of another publisher
 * wrote over it), and this publisher, or the one that took the state from ARMED to RUNNING before it, unparks the
 * owner. An unpark that comes between O4's check and the park leaves a permit, so that the park returns at once; one
 * that comes later still makes some later park return early, which costs the owner one more poll. A publisher that
 * reads RUNNING because the owner woke by itself (time-out, interrupt) needs to do nothing: the owner wrote RUNNING
 * before polling again and passes O1 to O3 before it can park the next time. The time limit of each park is therefore
 * for the owner's own timers and not a safety net.
 */
public final class ParkingSignal implements Signal {
    private static final long RUNNING = 0;
    private static final long ARMED = 1;

    private static final VarHandle LONGS = MethodHandles.arrayElementVarHandle(long[].class);
    private static final int STATE = 8;
    private static final int PADDED_LENGTH = STATE + 1 + 8;

    /** The state has a cache line for itself: publishers read it each time, beside it the owner would write often. */
    private final long[] padded = new long[PADDED_LENGTH];

    private volatile Thread owner;

    // Written by the owner only.
    private long parks;

    @Override
    public void signal() {
        VarHandle.fullFence();
        if (ARMED == (long) LONGS.getOpaque(padded, STATE)) {
            wake();
        }
    }

    private void wake() {
        if (LONGS.compareAndSet(padded, STATE, ARMED, RUNNING)) {
            LockSupport.unpark(owner);
        }
    }

    /** Owner only: announces that the next step may be a park. The owner must poll everything once more after this. */
    void arm() {
        final Thread current = Thread.currentThread();
        if (owner != current) {
            owner = current;
        }
        LONGS.setVolatile(padded, STATE, ARMED);
        VarHandle.fullFence();
    }

    /** Owner only: true while nobody has signalled since {@link #arm()}. */
    boolean isArmed() {
        return ARMED == (long) LONGS.getVolatile(padded, STATE);
    }

    /**
     * Owner only: parks until signalled, interrupted, or the time is over; returns at once when signalled since
     * {@link #arm()}.
     */
    void awaitNs(final long maxNs) {
        if (!isArmed()) {
            return;
        }
        parks++;
        LockSupport.parkNanos(this, maxNs);
        disarm();
    }

    /** Owner only: publishers need not wake it from here on. */
    void disarm() {
        if (isArmed()) {
            LONGS.setOpaque(padded, STATE, RUNNING);
        }
    }

    /** How often the owner parked; exact on the owner's thread only. */
    long parks() {
        return parks;
    }

    @Override
    public String toString() {
        final Thread thread = owner;
        return "ParkingSignal{owner=" + (null == thread ? "none" : thread.getName()) + ", armed=" + isArmed() + '}';
    }
}
