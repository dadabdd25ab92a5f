package io.epona.gateway.net;

import java.util.concurrent.atomic.AtomicLong;

/** What a gateway thread counts about its connections. That thread writes, any thread reads. */
public final class NetStats {
    private final AtomicLong connections = new AtomicLong();
    private final AtomicLong accepted = new AtomicLong();
    private final AtomicLong refused = new AtomicLong();
    private final AtomicLong closedForError = new AtomicLong();
    private final AtomicLong closedIdle = new AtomicLong();
    private final AtomicLong requests = new AtomicLong();
    private final AtomicLong bytesIn = new AtomicLong();
    private final AtomicLong bytesOut = new AtomicLong();
    private final AtomicLong memoryPauses = new AtomicLong();

    /** Open connections. */
    public long connections() {
        return connections.get();
    }

    /** Connections ever accepted. */
    public long accepted() {
        return accepted.get();
    }

    /** Connections closed at once because there were too many. */
    public long refused() {
        return refused.get();
    }

    /** Connections closed because of what they sent, or by a time-out within a request. */
    public long closedForError() {
        return closedForError.get();
    }

    /** Connections closed because nothing happened on them. */
    public long closedIdle() {
        return closedIdle.get();
    }

    /** Requests dispatched. */
    public long requests() {
        return requests.get();
    }

    /** Bytes of whole requests. */
    public long bytesIn() {
        return bytesIn.get();
    }

    /** Bytes of responses handed to the network. */
    public long bytesOut() {
        return bytesOut.get();
    }

    /** How often a connection had to wait because all memory for requests was in use. */
    public long memoryPauses() {
        return memoryPauses.get();
    }

    void onOpened() {
        add(connections, 1);
        add(accepted, 1);
    }

    void onClosed() {
        add(connections, -1);
    }

    void onRefused() {
        add(refused, 1);
    }

    void onClosedForError() {
        add(closedForError, 1);
    }

    void onClosedIdle() {
        add(closedIdle, 1);
    }

    void onRequest(final int length) {
        add(requests, 1);
        add(bytesIn, length);
    }

    void onResponse(final long length) {
        add(bytesOut, length);
    }

    void onMemoryPause() {
        add(memoryPauses, 1);
    }

    private static void add(final AtomicLong counter, final long delta) {
        counter.setOpaque(counter.getPlain() + delta);
    }
}
