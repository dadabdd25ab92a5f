package io.epona.runtime;

import java.util.concurrent.ThreadFactory;
import org.agrona.ErrorHandler;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.AgentTerminationException;
import org.agrona.concurrent.IdleStrategy;

/**
 * One thread that runs one agent (several are made one by {@link AgentGroup}) until it is closed.
 *
 * <p>An exception from a duty cycle goes to the error handler and the loop goes on. When the thread ends without having
 * been asked to (the agent asked for termination, could not start, a JVM error, an interrupt, or a core that cannot be
 * had), the fatal handler hears of it, because a node whose lane silently stopped looks healthy and is not.
 *
 * <p>It is used instead of Agrona's {@code AgentRunner} because that interrupts a thread that is slow to end, and an
 * interrupt closes whatever file channel the thread is using. This one is woken by its signal and never interrupted.
 */
public final class AgentThread implements AutoCloseable {
    /** How long {@link #close()} waits for the agent to end. */
    public static final int CLOSE_TIMEOUT_MS = 5_000;

    private final Agent agent;
    private final Context context;
    private final Thread thread;

    private volatile boolean isRunning = true;

    // Written and read by the agent's thread only.
    private Throwable lastError;

    /**
     * What a thread needs besides its agent.
     *
     * @param idleStrategy between duty cycles without work
     * @param wakeUp wakes the idle strategy when the thread is to end
     * @param placement core and niceness
     * @param onNotPlaced runs on the thread when the niceness could not be set; counts a warning
     * @param threadFactory makes the thread, which gets the agent's role name
     * @param errorHandler hears of each exception from a duty cycle
     * @param fatalHandler hears when the thread ended without having been asked to
     */
    public record Context(
            IdleStrategy idleStrategy,
            Signal wakeUp,
            ThreadPlacement placement,
            Runnable onNotPlaced,
            ThreadFactory threadFactory,
            ErrorHandler errorHandler,
            FatalHandler fatalHandler) {
        /** Any core, platform threads that do not keep the process alive. */
        public static Context of(
                final IdleStrategies.Waiting waiting,
                final ErrorHandler errorHandler,
                final FatalHandler fatalHandler) {
            return new Context(
                    waiting.idleStrategy(),
                    waiting.signal(),
                    ThreadPlacement.DEFAULT,
                    () -> {},
                    Thread.ofPlatform().daemon().factory(),
                    errorHandler,
                    fatalHandler);
        }

        /** The same on another core or with another niceness. */
        public Context placed(final ThreadPlacement newPlacement, final Runnable newOnNotPlaced) {
            return new Context(
                    idleStrategy, wakeUp, newPlacement, newOnNotPlaced, threadFactory, errorHandler, fatalHandler);
        }
    }

    private AgentThread(final Agent agent, final Context context) {
        this.agent = agent;
        this.context = context;
        this.thread = context.threadFactory().newThread(this::run);
    }

    /** Starts the thread. */
    public static AgentThread start(final Agent agent, final Context context) {
        final AgentThread agentThread = new AgentThread(agent, context);
        agentThread.thread.setName(agent.roleName());
        agentThread.thread.start();
        return agentThread;
    }

    private void run() {
        boolean isStarted = false;
        try {
            if (!context.placement().applyToCurrentThread()) {
                context.onNotPlaced().run();
            }
            isStarted = true;
            agent.onStart();
            loop();
        } catch (final Throwable t) {
            onError(t);
        } finally {
            if (isStarted) {
                closeAgent();
            }
            if (isRunning) {
                isRunning = false;
                context.fatalHandler()
                        .onFatal(roleName(), new IllegalStateException("thread ended: role=" + roleName(), lastError));
            }
        }
    }

    private void closeAgent() {
        try {
            agent.onClose();
        } catch (final Throwable t) {
            if (null != lastError && t != lastError) {
                t.addSuppressed(lastError);
            }
            onError(t);
        }
    }

    private void loop() {
        final IdleStrategy idleStrategy = context.idleStrategy();
        final Agent agent = this.agent;
        idleStrategy.reset();
        while (isRunning) {
            try {
                final int workCount = agent.doWork();
                idleStrategy.idle(workCount);
                if (workCount <= 0 && Thread.currentThread().isInterrupted()) {
                    throw new AgentTerminationException("thread was interrupted: role=" + roleName());
                }
            } catch (final AgentTerminationException | Error ex) {
                throw ex;
            } catch (final Throwable ex) {
                onError(ex);
            }
        }
    }

    private void onError(final Throwable throwable) {
        lastError = throwable;
        context.errorHandler().onError(throwable);
    }

    /** Role name of the agent. */
    public String roleName() {
        return agent.roleName();
    }

    /** True until the thread has ended. */
    public boolean isAlive() {
        return thread.isAlive();
    }

    /** Asks the agent to end after its current duty cycle; does not wait. Any thread. */
    public void requestClose() {
        isRunning = false;
        context.wakeUp().signal();
    }

    /**
     * Asks the agent to end after its current duty cycle and waits for it.
     *
     * @param timeoutMs how long to wait
     * @return true when the thread has ended
     */
    public boolean close(final long timeoutMs) {
        requestClose();
        try {
            thread.join(Math.max(1, timeoutMs));
        } catch (final InterruptedException ex) {
            Thread.currentThread().interrupt();
        }
        return !thread.isAlive();
    }

    /**
     * Asks the agent to end and waits for it.
     *
     * @throws IllegalStateException when it does not within {@link #CLOSE_TIMEOUT_MS}
     */
    @Override
    public void close() {
        if (!close(CLOSE_TIMEOUT_MS)) {
            throw new IllegalStateException(
                    "thread does not end: role=" + roleName() + ", waitedMs=" + CLOSE_TIMEOUT_MS);
        }
    }
}
