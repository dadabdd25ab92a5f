package io.epona.gateway.fetch;

import io.epona.gateway.net.Deadline;
import io.epona.gateway.net.Exchange;

/** A fetch in progress: {@code LOOKING -> WAITING -> LOOKING ... -> READING -> DONE}. Gateway thread only. */
final class FetchOperation extends Deadline {
    /** Where it stands. */
    enum State {
        /** Its partitions are being looked at. */
        LOOKING,
        /** There is too little; a commit or its deadline goes on with it. */
        WAITING,
        /** The partition logs are being read. */
        READING,
        /** Answered, or nobody is there to take the answer. */
        DONE
    }

    final Exchange exchange;
    final FetchSession session;
    final Kind kind;
    final int minLength;
    final int maxLength;
    final boolean isReadCommitted;
    final long expiryNs;

    private final FetchService service;
    private State state = State.LOOKING;
    private boolean isQueued;
    private int memoryLength;
    private long readySinceNs;

    /** What the client wants to happen with its session. */
    enum Kind {
        /** No session after this fetch; all partitions are answered. */
        SESSIONLESS,
        /** A new session, if possible; all partitions are answered. */
        NEW_SESSION,
        /** Only news are answered. */
        INCREMENTAL
    }

    /**
     * What a fetch request asks for beside its partitions.
     *
     * @param kind of the session.
     * @param minLength bytes that are worth an answer before the time is over.
     * @param maxLength bytes at most, except for a single larger batch.
     * @param isReadCommitted whether records of open transactions are unwanted.
     * @param startNs monotonic time at which it began.
     * @param expiryNs monotonic time at which it is answered anyhow.
     */
    record Wanted(Kind kind, int minLength, int maxLength, boolean isReadCommitted, long startNs, long expiryNs) {}

    FetchOperation(
            final FetchService service, final Exchange exchange, final FetchSession session, final Wanted wanted) {
        this.service = service;
        this.exchange = exchange;
        this.session = session;
        this.kind = wanted.kind();
        this.minLength = wanted.minLength();
        this.maxLength = wanted.maxLength();
        this.isReadCommitted = wanted.isReadCommitted();
        this.readySinceNs = wanted.startNs();
        this.expiryNs = wanted.expiryNs();
    }

    State state() {
        return state;
    }

    void state(final State next) {
        state = next;
    }

    boolean isDone() {
        return state == State.DONE;
    }

    /** Since when there has been something for it: its start, or the commit that woke it. */
    long readySinceNs() {
        return readySinceNs;
    }

    void readySince(final long nanoTime) {
        readySinceNs = nanoTime;
    }

    /** How much this may take out of memory if it is answered now. */
    void memoryLength(final int length) {
        memoryLength = length;
    }

    int memoryLength() {
        return memoryLength;
    }

    /** A partition of the session got records. Returns whether this still wants to hear of more. */
    boolean onCommitted() {
        if (state != State.WAITING) {
            return false;
        }
        if (!isQueued) {
            isQueued = true;
            service.onReady(this);
        }
        return true;
    }

    void taken() {
        isQueued = false;
    }

    /** The connection is gone. */
    void abandon() {
        service.end(this);
    }

    @Override
    protected void onDeadline(final long nowNs) {
        service.onDeadline(this, nowNs);
    }
}
