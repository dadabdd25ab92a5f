package io.epona.gateway.net;

import java.util.concurrent.TimeUnit;

/** Bounds of the connection machinery that nobody needs to configure, each with its reason. */
final class NetLimits {
    /**
     * Record batches up to this length are copied beside the fields around them: cheaper than one more write vector.
     */
    static final int MAX_INLINE_RECORDS_LENGTH = 4096;

    /** Room that a response's buffer has for such batches at first; it grows when several are in it. */
    static final int MAX_INLINE_RESERVE_LENGTH = 2 * MAX_INLINE_RECORDS_LENGTH;

    /** First read of a connection: most requests are smaller. */
    static final int MIN_READ_LENGTH = 8 * 1024;

    /** Largest single read: several producer batches per system call, and still in a core's second-level cache. */
    static final int MAX_READ_LENGTH = 512 * 1024;

    /** Reads of one connection before others get their turn. */
    static final int MAX_READS_PER_TURN = 8;

    /**
     * A frame's buffer grows to at most this multiple of the bytes that came, so that announcing a large frame without
     * sending it costs us nothing.
     */
    static final int FRAME_GROWTH = 4;

    /** Smallest frame: API key, version, correlation id. */
    static final int MIN_FRAME_LENGTH = Short.BYTES + Short.BYTES + Integer.BYTES;

    /** Frames get their receive time-out plus the time that this rate needs: slow links are slow, not hostile. */
    static final long MIN_RECEIVE_BYTES_PER_SECOND = 128 * 1024;

    /** Outbound bytes of a connection at which it takes no further requests, and below which it goes on. */
    static final int WRITE_HIGH_WATERMARK = 1024 * 1024;

    static final int WRITE_LOW_WATERMARK = 256 * 1024;

    /** When memory for responses is used up, a connection that took nothing for so long is closed. */
    static final long STUCK_NS = TimeUnit.SECONDS.toNanos(10);

    /** Least time between two searches for such connections. */
    static final long STUCK_INTERVAL_NS = TimeUnit.SECONDS.toNanos(1);

    /** Time in one duty cycle for tasks that other threads queued on the loop. */
    static final long MAX_TASK_TIME_NS = TimeUnit.MILLISECONDS.toNanos(1);

    /** A thread that waits for I/O anyway asks for it in between at most this often. */
    static final long MIN_POLL_INTERVAL_NS = TimeUnit.MICROSECONDS.toNanos(10);

    /** Distinct causes of refused connections that are logged; the rest are only counted. */
    static final int MAX_LOGGED_CAUSES = 256;

    /** Length of the queue of connections that the kernel has accepted and we have not. */
    static final int ACCEPT_BACKLOG = 1024;

    /** Duty cycles for the loop to end its channels when it closes. */
    static final int MAX_CLOSE_CYCLES = 1000;

    private NetLimits() {}
}
