package io.epona.gateway.net;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The bytes of requests that a gateway thread holds, whole or in part. When they exceed the limit, connections stop
 * reading and wait here. If then no whole request is in progress, so that nothing would ever be given back, one
 * connection at a time is privileged to go on. The limit can be exceeded by what is read at once. Gateway thread only.
 */
final class RequestMemory {
    private final long limit;
    private final Deque<Connection> waiters = new ArrayDeque<>();
    private Connection privileged;
    private long used;
    private long usedByWholeRequests;

    RequestMemory(final long limit) {
        this.limit = limit;
    }

    void reserve(final int length) {
        used += length;
    }

    void release(final int length) {
        used -= length;
    }

    void onWholeRequest(final Connection connection, final int length) {
        usedByWholeRequests += length;
        forget(connection);
    }

    void onRequestDone(final int length) {
        used -= length;
        usedByWholeRequests -= length;
    }

    /** Whether the connection may go on reading. */
    boolean mayRead(final Connection connection) {
        return used < limit || connection == privileged;
    }

    /** The connection stopped reading until {@link Connection#onMemory()}. */
    void await(final Connection connection) {
        waiters.add(connection);
    }

    /** The connection closed: it must neither wait nor be the one that all others wait for. */
    void remove(final Connection connection) {
        forget(connection);
        waiters.remove(connection);
    }

    private void forget(final Connection connection) {
        if (privileged == connection) {
            privileged = null;
        }
    }

    /** Lets connections go on where there is room. */
    int poll() {
        if (waiters.isEmpty()) {
            return 0;
        }
        int count = 0;
        if (used < limit) {
            for (int i = waiters.size(); i > 0 && !waiters.isEmpty(); i--) {
                waiters.poll().onMemory();
                count++;
            }
        } else if (usedByWholeRequests == 0 && privileged == null) {
            privileged = waiters.poll();
            privileged.onMemory();
            count++;
        }
        return count;
    }

    long used() {
        return used;
    }
}
