package io.epona.runtime;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.Agent;

/** The threads of a node: started in order, closed in the reverse order. Used by one thread. */
public final class AgentThreads implements AutoCloseable {
    /** A thread that is not to blame for the time being over gets this much to end. */
    private static final long LEAST_WAIT_MS = 100;

    private final Deque<AgentThread> threads = new ArrayDeque<>();

    /** Starts one more thread. */
    public AgentThread start(final Agent agent, final AgentThread.Context context) {
        final AgentThread thread = AgentThread.start(agent, context);
        threads.push(thread);
        return thread;
    }

    /** Role names of threads that have ended. */
    public List<String> ended() {
        return threads.stream()
                .filter(thread -> !thread.isAlive())
                .map(AgentThread::roleName)
                .toList();
    }

    /**
     * Closes all threads, the newest first, each after the one before has ended.
     *
     * @param timeoutMs for all of them together; when one has used it up, each of the rest still gets 100 ms
     * @return role names of those that have not ended
     */
    public List<String> close(final long timeoutMs) {
        final long deadlineNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMs);
        final List<String> stragglers = new ArrayList<>();
        while (!threads.isEmpty()) {
            final AgentThread thread = threads.pop();
            final long leftMs = TimeUnit.NANOSECONDS.toMillis(deadlineNs - System.nanoTime());
            if (!thread.close(Math.max(LEAST_WAIT_MS, leftMs))) {
                stragglers.add(thread.roleName());
            }
        }
        return stragglers;
    }

    /**
     * Closes all threads.
     *
     * @throws IllegalStateException when some do not end within {@link AgentThread#CLOSE_TIMEOUT_MS}
     */
    @Override
    public void close() {
        final List<String> stragglers = close(AgentThread.CLOSE_TIMEOUT_MS);
        if (!stragglers.isEmpty()) {
            throw new IllegalStateException(
                    "threads do not end: roles=" + stragglers + ", waitedMs=" + AgentThread.CLOSE_TIMEOUT_MS);
        }
    }
}
