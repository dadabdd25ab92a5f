package io.epona.controller.cluster;

import io.aeron.Aeron;
import io.aeron.RethrowingErrorHandler;
import org.agrona.ErrorHandler;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.NoOpLock;

/** Makes clients of the node's media driver, each for one thread, which also runs its conductor. */
final class AeronClients {
    private AeronClients() {}

    /**
     * Connects to the driver.
     *
     * @param name for the driver's counters.
     * @param errorHandler hears what has nobody else to hear it.
     * @throws io.aeron.exceptions.AeronException when there is no driver.
     */
    static Aeron connect(ClusterLogConfig config, String name, ErrorHandler errorHandler) {
        Aeron.Context context = new Aeron.Context();
        context.aeronDirectoryName(config.aeronDirectoryName()).driverTimeoutMs(ClusterLogLimits.DRIVER_TIMEOUT_MS);
        return Aeron.connect(context.clientName(name)
                .errorHandler(errorHandler)
                .subscriberErrorHandler(RethrowingErrorHandler.INSTANCE)
                .awaitingIdleStrategy(new BackoffIdleStrategy(0, 0, 50_000, 1_000_000))
                .useConductorAgentInvoker(true)
                .clientLock(NoOpLock.INSTANCE));
    }
}
