package io.epona.runtime;

import org.agrona.concurrent.IdleStrategy;

/**
 * Spins a few rounds, then parks on a {@link ParkingSignal} until a publisher signals or the agent's own timers need a
 * duty cycle. One instance belongs to one thread.
 *
 * <p>The step from spinning to parking takes two idle calls. The first arms the signal and returns, so that the duty
 * cycle runs once more over everything that the agent reads; only the next idle call without work in between parks.
 * {@link ParkingSignal} says why this loses no wake-up. The agent's duty cycle must therefore poll <em>all</em> of its
 * inputs in each cycle and return more than zero when any of them had something.
 */
public final class SignalledIdleStrategy implements IdleStrategy {
    /** Name of this strategy in configuration. */
    public static final String ALIAS = "signalled";

    private final ParkingSignal signal;
    private final int spins;
    private final long maxParkNs;

    private int idleCount;

    /**
     * A strategy for the one thread that owns the signal.
     *
     * @param signal that publishers raise to wake the thread
     * @param spins idle rounds before arming; each is a {@link Thread#onSpinWait()} and a duty cycle
     * @param maxParkNs longest park, for the timers of the agent
     */
    public SignalledIdleStrategy(final ParkingSignal signal, final int spins, final long maxParkNs) {
        if (spins < 0) {
            throw new IllegalArgumentException("negative spins: spins=" + spins);
        }
        if (maxParkNs <= 0) {
            throw new IllegalArgumentException("maxParkNs must be positive: maxParkNs=" + maxParkNs);
        }
        this.signal = signal;
        this.spins = spins;
        this.maxParkNs = maxParkNs;
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
            signal.arm();
        } else {
            signal.awaitNs(maxParkNs);
            idleCount = 0;
            if (spins == 0) { // armed before the next duty cycle polls: one is enough between two parks
                idleCount++;
                signal.arm();
            }
        }
    }

    @Override
    public void reset() {
        if (idleCount > spins) {
            signal.disarm();
        }
        idleCount = 0;
    }

    @Override
    public String alias() {
        return ALIAS;
    }

    @Override
    public String toString() {
        return "SignalledIdleStrategy{spins=" + spins + ", maxParkNs=" + maxParkNs + ", signal=" + signal + '}';
    }
}
