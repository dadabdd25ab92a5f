package io.epona.replicator.driver;

import io.aeron.Aeron;
import io.aeron.RethrowingErrorHandler;
import io.aeron.driver.MediaDriver;
import io.aeron.driver.ThreadingMode;
import io.epona.runtime.FatalHandler;
import io.epona.runtime.Signal;
import io.epona.runtime.ThreadPlacement;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.agrona.ErrorHandler;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.BusySpinIdleStrategy;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.SleepingIdleStrategy;

/** Launches a node's media driver. Stateless; used by the thread that assembles the node. */
public final class MediaDriverLauncher {
    private static final String ROLE = "media-driver";
    private static final int SPINS = 8;
    private static final int BACKOFF_SPINS = 10;
    private static final int BACKOFF_YIELDS = 20;
    private static final long BACKOFF_MIN_PARK_NS = TimeUnit.MICROSECONDS.toNanos(1);
    private static final long BACKOFF_MAX_PARK_NS = TimeUnit.MICROSECONDS.toNanos(50);

    /** A client's thread, where the driver does not wake it. */
    private static final long CLIENT_SLEEP_NS = TimeUnit.MILLISECONDS.toNanos(30);

    /** The thread that opens channels for the driver: members of the control log give each other 300 ms for several. */
    private static final long OPENER_MIN_PARK_NS = TimeUnit.MILLISECONDS.toNanos(1);

    private static final long OPENER_MAX_PARK_NS = TimeUnit.MILLISECONDS.toNanos(16);

    /** Must be above the clients' liveness. */
    private static final long UNBLOCK_NS = MediaDriverConfig.CLIENT_LIVENESS_NS + TimeUnit.SECONDS.toNanos(30);

    /**
     * How often the driver looks for what has come to its end. A stream that is opened again under the same session id,
     * as one that brings a member of the metadata quorum up to date is, is refused until the old one is gone, which
     * takes two of these.
     */
    private static final long TIMER_INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(100);

    /** Streams within the process carry little; memory is taken as it is used, up to three times this for each. */
    private static final int IPC_TERM_LENGTH = 1024 * 1024;

    /** The least that Aeron takes: counters for thousands of streams; their labels take four times that. */
    private static final int COUNTERS_LENGTH = 1024 * 1024;

    /** What plain Ethernet carries. */
    private static final int DEFAULT_MTU_LENGTH = 1_408;

    private MediaDriverLauncher() {}

    /**
     * What a driver works with.
     *
     * @param readersByPort with {@link MediaDriverConfig#EVENT}: who is woken when data came in at a local UDP port; 0:
     *     at any other port.
     * @param roomReader with {@link MediaDriverConfig#EVENT}: who is woken when {@link DriverLink#wantRoom()} was
     *     called and a receiver has moved its window.
     * @param clients with {@link MediaDriverConfig#EVENT}: threads of clients that were not connected by
     *     {@link RunningMediaDriver#connect}, woken when the driver has answered a client or told of a stream.
     * @param placement of the driver's threads; cores are the configuration's.
     * @param errorHandler hears of the driver's errors.
     * @param fatalHandler hears when a thread of the driver ended without having been asked to.
     */
    public record Context(
            Map<Integer, Signal> readersByPort,
            Signal roomReader,
            Signal clients,
            ThreadPlacement placement,
            ErrorHandler errorHandler,
            FatalHandler fatalHandler) {}

    /**
     * Launches a driver.
     *
     * @throws RuntimeException when its directory cannot be made, or another driver is active in it.
     */
    public static RunningMediaDriver launch(final MediaDriverConfig config, final Context context) {
        final KernelLimits limits = KernelLimits.read();
        final boolean isEvent = MediaDriverConfig.EVENT.equals(config.idle());
        final DriverEvents events = isEvent
                ? new DriverEvents(SPINS, config.maxWaitMs(), context.readersByPort(), context.roomReader())
                : null;
        final AtomicBoolean isClosing = new AtomicBoolean();
        final MediaDriver.Context driver = driverContext(config, limits);
        driver.errorHandler(context.errorHandler())
                .terminationHook(() -> context.fatalHandler()
                        .onFatal(ROLE, new IllegalStateException("the media driver was asked to end by a client")));
        thread(driver, config, context, isClosing, events);
        final OpenerIdleStrategy opener = isEvent ? new OpenerIdleStrategy(events) : null;
        if (isEvent) {
            driver.asyncExecutorIdleStrategy(opener);
            driver.receiveChannelEndpointSupplier((channel, dispatcher, status, ctx) ->
                            new WatchedReceiveEndpoint(channel, dispatcher, status, ctx, events))
                    .sendChannelEndpointSupplier(
                            (channel, status, ctx) -> new WatchedSendEndpoint(channel, status, ctx, events));
        }
        try {
            final MediaDriver launched = MediaDriver.launch(driver);
            final List<String> warnings = limits.warnings(config.socketBufferLength());
            return isEvent
                    ? EventDriver.attend(launched, events, opener.signal(), context.clients(), warnings, isClosing)
                    : new Running(launched, warnings, isClosing);
        } catch (final RuntimeException ex) {
            if (isEvent) {
                events.close();
            }
            throw ex;
        }
    }

    private static MediaDriver.Context driverContext(final MediaDriverConfig config, final KernelLimits limits) {
        final int receiveLength = limits.receiveLength(config.socketBufferLength());
        final int windowLength = Math.max(config.mtuLength(), Math.min(receiveLength, config.termLength() / 2));
        return new MediaDriver.Context()
                .aeronDirectoryName(config.directory().toString())
                .dirDeleteOnStart(true)
                .dirDeleteOnShutdown(true)
                .warnIfDirectoryExists(false)
                // Streams that carry much name their own; others have terms too short for long datagrams.
                .mtuLength(DEFAULT_MTU_LENGTH)
                .socketRcvbufLength(receiveLength)
                .socketSndbufLength(limits.sendLength(config.socketBufferLength()))
                .initialWindowLength(windowLength)
                .publicationTermBufferLength(config.termLength())
                .ipcTermBufferLength(IPC_TERM_LENGTH)
                .termBufferSparseFile(true)
                .counterValuesBufferLength(COUNTERS_LENGTH)
                .clientLivenessTimeoutNs(MediaDriverConfig.CLIENT_LIVENESS_NS)
                .publicationUnblockTimeoutNs(UNBLOCK_NS)
                .timerIntervalNs(TIMER_INTERVAL_NS)
                .asyncExecutorIdleStrategy(new BackoffIdleStrategy(0, 0, OPENER_MIN_PARK_NS, OPENER_MAX_PARK_NS));
    }

    private static void thread(
            final MediaDriver.Context driver,
            final MediaDriverConfig config,
            final Context context,
            final AtomicBoolean isClosing,
            final DriverEvents events) {
        if (config.isDedicated()) {
            driver.threadingMode(ThreadingMode.DEDICATED)
                    .senderIdleStrategy(idle(config))
                    .receiverIdleStrategy(idle(config))
                    .conductorIdleStrategy(backoff())
                    .senderThreadFactory(factory("sender", placement(config, context, 0), context, isClosing))
                    .receiverThreadFactory(factory("receiver", placement(config, context, 1), context, isClosing))
                    .conductorThreadFactory(factory("conductor", placement(config, context, 2), context, isClosing));
        } else {
            driver.threadingMode(ThreadingMode.SHARED)
                    .sharedIdleStrategy(null == events ? idle(config) : events)
                    .sharedThreadFactory(factory("shared", placement(config, context, 0), context, isClosing));
        }
    }

    private static ThreadPlacement placement(final MediaDriverConfig config, final Context context, final int index) {
        return config.cores().isEmpty()
                ? context.placement()
                : ThreadPlacement.pinnedTo(config.cores().get(index))
                        .withSlice(context.placement().sliceNs());
    }

    private static IdleStrategy idle(final MediaDriverConfig config) {
        return MediaDriverConfig.SPIN.equals(config.idle()) ? BusySpinIdleStrategy.INSTANCE : backoff();
    }

    private static IdleStrategy backoff() {
        return new BackoffIdleStrategy(BACKOFF_SPINS, BACKOFF_YIELDS, BACKOFF_MIN_PARK_NS, BACKOFF_MAX_PARK_NS);
    }

    /** A driver's thread that is placed, and whose end nobody asked for is the end of the node. */
    private static ThreadFactory factory(
            final String name, final ThreadPlacement placement, final Context context, final AtomicBoolean isClosing) {
        return runnable -> {
            final Thread thread = new Thread(
                    () -> {
                        Throwable reason = null;
                        try {
                            // Works without its time slice; the node's other threads count that there is none.
                            placement.applyToCurrentThread();
                            runnable.run();
                        } catch (final Throwable t) {
                            reason = t;
                        }
                        if (!isClosing.get()) {
                            context.fatalHandler()
                                    .onFatal(ROLE, new IllegalStateException("thread ended: role=" + name, reason));
                        }
                    },
                    ROLE + '-' + name);
            thread.setDaemon(true);
            return thread;
        };
    }

    /** A client with a thread of its own, which waits as it is told. */
    static Aeron connect(
            final MediaDriver driver, final String name, final ErrorHandler errorHandler, final IdleStrategy idle) {
        return Aeron.connect(new Aeron.Context()
                .aeronDirectoryName(driver.aeronDirectoryName())
                .clientName(name)
                .driverTimeoutMs(MediaDriverConfig.DRIVER_TIMEOUT_MS)
                .idleStrategy(idle)
                .errorHandler(errorHandler)
                .subscriberErrorHandler(RethrowingErrorHandler.INSTANCE));
    }

    /** A driver that polls, as its clients do. */
    private record Running(MediaDriver driver, List<String> warnings, AtomicBoolean isClosing)
            implements RunningMediaDriver {
        @Override
        public String directoryName() {
            return driver.aeronDirectoryName();
        }

        @Override
        public Aeron connect(final String name, final ErrorHandler errorHandler) {
            return MediaDriverLauncher.connect(driver, name, errorHandler, new SleepingIdleStrategy(CLIENT_SLEEP_NS));
        }

        @Override
        public DriverLink link() {
            return DriverLink.NONE;
        }

        @Override
        public void close() {
            isClosing.set(true);
            driver.close();
        }
    }
}
