package io.epona.replicator.driver;

import io.epona.runtime.Signal;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.agrona.concurrent.IdleStrategy;

/**
 * How a media driver with one thread waits: it spins a few rounds, then waits in a selector for datagrams, for
 * publishers, who {@link #signal()} after an offer, and for its own timers. It wakes the application's readers when
 * data came for them. The driver's thread owns it; any thread may signal, wait-free but for the system call that wakes.
 *
 * <p>No wake-up is lost, for the reason that {@link io.epona.runtime.ParkingSignal} gives: the driver announces its
 * wait in {@code state}, then does one more duty cycle, then waits; a publisher publishes first and looks at
 * {@code state} then, and a wake-up of a selector that does not wait yet is kept by the selector.
 */
final class DriverEvents implements IdleStrategy, Signal, DriverLink, AutoCloseable {
    private static final int RUNNING = 0;
    private static final int ARMED = 1;

    /** An event that comes sooner than this after the one before makes it worth to spin for the next. */
    private static final long BUSY_NS = 500_000L;

    /** Rounds after a rare event: what it was about is done in the first one. */
    private static final int RARE_SPINS = 0;

    /** First wait after data or a command, for what the driver does a moment later, as asking for what was lost. */
    private static final int FIRST_WAIT_MS = 4;

    private static final VarHandle STATE;

    private static final Consumer<SelectionKey> MARK_READY = key -> ((Readiness) key.attachment()).isReady = true;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(DriverEvents.class, "state", int.class);
        } catch (final ReflectiveOperationException ex) {
            throw new ExceptionInInitializerError(ex);
        }
    }

    /**
     * Whether a channel may have a datagram. The driver polls each of its channels in each round, which costs a system
     * call for each, nearly always in vain; one look at the selector tells it for all of them. Touched by the driver's
     * thread only.
     */
    static final class Readiness {
        private boolean isReady = true;

        boolean isReady() {
            return isReady;
        }

        /** The channel was read, and was empty. */
        void onEmpty() {
            isReady = false;
        }
    }

    /** Who reads what comes in at a port. Touched by the driver's thread only. */
    static final class Reader {
        private final Signal signal;
        private boolean isPending;

        Reader(final Signal signal) {
            this.signal = signal;
        }

        void onData() {
            isPending = true;
        }
    }

    private final Selector selector;
    private final int spins;
    private final int maxWaitMs;
    private final int firstWaitMs;
    private final Map<Integer, Reader> readersByPort;
    private final Reader[] readers;
    private final Reader roomReader;

    @SuppressWarnings("unused") // by STATE
    private volatile int state;

    private volatile boolean isRoomWanted;

    private volatile Clients clients;

    private int idleCount;
    private int waitMs;

    /** Data came, or somebody signalled or commanded: the next wait is short. Heartbeats alone are none of that. */
    private boolean isLively;

    /** There was a round with work since the last wait. */
    private boolean hasWorked;

    /** A stream of another node has begun: its buffers are to be opened. */
    private boolean hasSetup;

    /** Rounds before the next wait: none after a wait in vain, few when events are rare. */
    private int spinLimit;

    /**
     * Who is woken when the driver has exchanged something with its clients.
     *
     * @param mailbox tells it.
     * @param onAnswer the clients' threads.
     * @param opener the thread that opens channels and buffers.
     */
    private record Clients(DriverMailbox mailbox, Signal onAnswer, Signal opener) {}

    /**
     * @param spins rounds without work before waiting.
     * @param maxWaitMs longest wait; waits grow to it while nothing happens.
     * @param signalsByPort who reads what comes in at a local port; 0: at all others.
     * @param roomSignal who wants to know that a stream has room again.
     */
    DriverEvents(
            final int spins, final int maxWaitMs, final Map<Integer, Signal> signalsByPort, final Signal roomSignal) {
        this.spins = spins;
        this.spinLimit = spins;
        this.maxWaitMs = maxWaitMs;
        this.firstWaitMs = Math.min(FIRST_WAIT_MS, maxWaitMs);
        this.waitMs = firstWaitMs;
        this.readersByPort = new java.util.HashMap<>();
        signalsByPort.forEach((port, signal) -> readersByPort.put(port, new Reader(signal)));
        readersByPort.putIfAbsent(0, new Reader(Signal.NONE));
        this.roomReader = new Reader(roomSignal);
        final List<Reader> all = new java.util.ArrayList<>(readersByPort.values());
        all.add(roomReader);
        this.readers = all.toArray(new Reader[0]);
        try {
            this.selector = Selector.open();
        } catch (final IOException ex) {
            throw new UncheckedIOException("cannot open a selector for the media driver", ex);
        }
    }

    /** From now on clients and opener are woken. Any thread, once. */
    void attend(final DriverMailbox mailbox, final Signal onAnswer, final Signal opener) {
        clients = new Clients(mailbox, onAnswer, opener);
    }

    /** A stream of another node begins. */
    void onSetup() {
        hasSetup = true;
    }

    Reader readerOf(final int port) {
        final Reader reader = readersByPort.get(port);
        return null == reader ? readersByPort.get(0) : reader;
    }

    /** Watches a channel that the driver has opened, and tells from now on when it has datagrams. */
    void watch(final DatagramChannel channel, final Readiness readiness) {
        try {
            channel.register(selector, SelectionKey.OP_READ, readiness);
        } catch (final IOException ex) {
            throw new UncheckedIOException("cannot watch a channel of the media driver", ex);
        }
    }

    /**
     * Finds out which channels have datagrams, and lets go of those that were closed: their ports are free only then.
     */
    void look() {
        try {
            selector.selectNow(MARK_READY);
        } catch (final IOException ex) {
            throw new UncheckedIOException("cannot look at the channels of the media driver", ex);
        }
    }

    /** A receiver has moved its window. */
    void onStatusMessage() {
        if (isRoomWanted) {
            isRoomWanted = false;
            roomReader.onData();
        }
    }

    @Override
    public void wake() {
        signal();
    }

    @Override
    public void wantRoom() {
        isRoomWanted = true;
    }

    @Override
    public void signal() {
        VarHandle.fullFence();
        if (ARMED == (int) STATE.getOpaque(this) && STATE.compareAndSet(this, ARMED, RUNNING)) {
            selector.wakeup();
        }
    }

    @Override
    public void idle(final int workCount) {
        signalReaders();
        signalClients();
        if (workCount <= 0) {
            idle();
        } else if (0 == spinLimit && !hasWorked) {
            hasWorked = true;
            arm(); // what a rare event brought is mostly done: the wait looks at the channels again
        } else {
            reset();
            look();
        }
    }

    private void signalReaders() {
        for (final Reader reader : readers) {
            if (reader.isPending) {
                reader.isPending = false;
                reader.signal.signal();
                isLively = true;
            }
        }
    }

    private void signalClients() {
        final Clients now = clients;
        if (null == now) {
            return;
        }
        if (now.mailbox.hasAnswered()) {
            now.onAnswer.signal();
            isLively = true;
        }
        if (now.mailbox.hasTaken() || hasSetup) {
            hasSetup = false;
            now.opener.signal();
            isLively = true;
        }
    }

    @Override
    public void idle() {
        if (idleCount < spinLimit) {
            idleCount++;
            look();
        } else if (idleCount == spinLimit) {
            arm();
        } else {
            await();
        }
    }

    /** Announces that the idle call after the next round waits. */
    private void arm() {
        idleCount = spinLimit + 1;
        STATE.setVolatile(this, ARMED);
        VarHandle.fullFence();
    }

    /** After a wait for a rare event there is no reason to spin: the next wait is announced at once. */
    private void await() {
        int readyCount = 0;
        final long startNs = System.nanoTime();
        waitMs = isLively ? firstWaitMs : Math.min(maxWaitMs, waitMs << 1);
        isLively = false;
        try {
            if (ARMED == (int) STATE.getVolatile(this)) {
                readyCount = selector.select(MARK_READY, waitMs);
            }
        } catch (final IOException ex) {
            throw new UncheckedIOException("the media driver cannot wait", ex);
        }
        final boolean isSignalled = ARMED != (int) STATE.getAndSet(this, RUNNING);
        isLively = isSignalled;
        final boolean isTimeout = readyCount == 0 && !isSignalled;
        final boolean isBusy = !isTimeout && System.nanoTime() - startNs < BUSY_NS;
        spinLimit = isBusy ? spins : RARE_SPINS;
        idleCount = 0;
        hasWorked = false;
        if (0 == spinLimit) {
            arm();
        }
    }

    @Override
    public void reset() {
        if (idleCount > spinLimit) {
            STATE.setOpaque(this, RUNNING);
        }
        idleCount = 0;
    }

    @Override
    public String alias() {
        return MediaDriverConfig.EVENT;
    }

    /** When the driver's thread has ended. */
    @Override
    public void close() {
        try {
            selector.close();
        } catch (final IOException ex) {
            throw new UncheckedIOException("cannot close the media driver's selector", ex);
        }
    }
}
