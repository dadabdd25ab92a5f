package io.epona.replicator.driver;

import io.epona.runtime.ParkingSignal;
import io.epona.runtime.Signal;
import io.epona.runtime.SignalledIdleStrategy;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.IdleStrategy;

/**
 * How the thread waits that opens channels and buffers for the driver: parked until the driver may have given it
 * something, and it wakes the driver when it is done.
 */
final class OpenerIdleStrategy implements IdleStrategy {
    /** What the driver gives it without being asked by anybody (a host name that is resolved again) may wait. */
    private static final long MAX_PARK_NS = TimeUnit.MILLISECONDS.toNanos(100);

    private final ParkingSignal signal = new ParkingSignal();
    private final SignalledIdleStrategy parking = new SignalledIdleStrategy(signal, 0, MAX_PARK_NS);
    private final Signal driver;

    OpenerIdleStrategy(final Signal driver) {
        this.driver = driver;
    }

    /** For the driver. */
    Signal signal() {
        return signal;
    }

    @Override
    public void idle(final int workCount) {
        if (workCount > 0) {
            driver.signal();
        }
        parking.idle(workCount);
    }

    @Override
    public void idle() {
        parking.idle();
    }

    @Override
    public void reset() {
        parking.reset();
    }
}
