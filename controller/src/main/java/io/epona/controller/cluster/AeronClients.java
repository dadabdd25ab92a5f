package io.epona.controller.cluster;

import io.aeron.Aeron;
import io.aeron.RethrowingErrorHandler;
import io.epona.runtime.Signal;
import org.agrona.ErrorHandler;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.NoOpLock;

/** Makes clients of the node's media driver, each for one thread, which also runs its conductor. */
final class AeronClients {
    private AeronClients() {}

    /**
     * Connects to the driver.
     *
     * @param name for the driver's counters.
     * @param driver is woken when it is to answer.
     * @param errorHandler hears what has nobody else to hear it.
     * @throws io.aeron.exceptions.AeronException when there is no driver.
     */
    static Aeron connect(ClusterLogConfig config, String name, Signal driver, ErrorHandler errorHandler) {
        Aeron.Context context = new Aeron.Context();
        context.aeronDirectoryName(config.aeronDirectoryName()).driverTimeoutMs(ClusterLogLimits.DRIVER_TIMEOUT_MS);
        return Aeron.connect(context.clientName(name)
                .errorHandler(errorHandler)
                .subscriberErrorHandler(RethrowingErrorHandler.INSTANCE)
                .awaitingIdleStrategy(new AwaitingIdleStrategy(driver))
                .useConductorAgentInvoker(true)
                .clientLock(NoOpLock.INSTANCE));
    }

    /** While a client waits for the driver's answer. */
    private static final class AwaitingIdleStrategy implements IdleStrategy {
        private final IdleStrategy backoff = new BackoffIdleStrategy(0, 0, 50_000, 1_000_000);
        private final Signal driver;

        AwaitingIdleStrategy(Signal driver) {
            this.driver = driver;
        }

        @Override
        public void idle(int workCount) {
            if (workCount > 0) {
                reset();
            } else {
                idle();
            }
        }

        @Override
        public void idle() {
            driver.signal();
            backoff.idle();
        }

        @Override
        public void reset() {
            backoff.reset();
        }
    }
}
