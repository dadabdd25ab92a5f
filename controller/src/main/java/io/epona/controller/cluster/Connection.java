package io.epona.controller.cluster;

/**
 * What the consensus thread, which keeps this node's connection to the log, and the service thread, which tells the
 * handler about it, know of it in common. Each field has one writer but for {@code closedInLog}, of which only the
 * newest value counts.
 */
final class Connection {
    /** No connection. */
    static final long NONE = -1;

    private volatile long sessionId = NONE;
    private volatile long announcedSessionId = NONE;
    private volatile long closedInLogSessionId = NONE;
    private volatile Thread announcer;

    /** The session that is up now, or {@link #NONE}. */
    long sessionId() {
        return sessionId;
    }

    /** Consensus thread: the session that is up now, or {@link #NONE}. */
    void sessionId(long newSessionId) {
        sessionId = newSessionId;
    }

    /** Service thread: the handler is about to hear of a session. */
    void onAnnouncing() {
        announcer = Thread.currentThread();
    }

    /** Service thread: the handler has heard of the session. */
    void onAnnounced(long announced) {
        announcer = null;
        announcedSessionId = announced;
    }

    /** Whether the caller is the handler while it hears of a connection. */
    boolean isCalledByAnnouncement() {
        return announcer == Thread.currentThread();
    }

    /** Whether the handler has heard of the session: what it submitted on hearing goes before all else. */
    boolean isAnnounced() {
        return announcedSessionId == sessionId;
    }

    /** Service thread: the log says that a session has ended. */
    void onClosedInLog(long closed) {
        if (closed == sessionId) {
            closedInLogSessionId = closed;
        }
    }

    /** Whether the log says that the session, up as it may look, has ended. */
    boolean isClosedInLog() {
        long current = sessionId;
        return current != NONE && current == closedInLogSessionId;
    }
}
