package io.epona.replicator.driver;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.agrona.BitUtil;

/**
 * What a node's media driver is.
 *
 * @param directory of its shared memory, on a memory file system; made anew at launch, removed at close.
 * @param isDedicated a thread each for sending, receiving and housekeeping; otherwise one for all.
 * @param idle one of {@link #IDLE_NAMES}; {@code event} needs the one thread for all.
 * @param cores to which the threads are pinned: sender, receiver, conductor, or the one thread; empty: any core.
 * @param mtuLength longest datagram payload, 1,408 to 65,504, a multiple of 32; the same on all nodes.
 * @param socketBufferLength of a socket's send and of its receive buffer, and the window of a stream; reduced to what
 *     the kernel allows.
 * @param termLength default of a stream's term, a power of two; a stream has three of them in shared memory.
 * @param maxWaitMs longest wait of the {@code event} strategy, for the driver's own timers.
 */
public record MediaDriverConfig(
        Path directory,
        boolean isDedicated,
        String idle,
        List<Integer> cores,
        int mtuLength,
        int socketBufferLength,
        int termLength,
        int maxWaitMs) {
    /** Waits in a selector of its own for datagrams and publishers. */
    public static final String EVENT = "event";

    /** Spins, yields, then parks for growing times. */
    public static final String BACKOFF = "backoff";

    /** Never waits. */
    public static final String SPIN = "spin";

    /** All names of ways to wait. */
    public static final List<String> IDLE_NAMES = List.of(EVENT, BACKOFF, SPIN);

    /** Longest wait of the {@code event} strategy, unless configured: below the driver's timers of 100 ms. */
    public static final int DEFAULT_MAX_WAIT_MS = 25;

    /**
     * Clients and driver of one process count each other as dead only after this long, so that a process that was
     * stopped for a while (SIGSTOP, a suspended machine) goes on where it was. Every Aeron client of the node must be
     * given it as its driver timeout.
     */
    public static final long CLIENT_LIVENESS_NS = TimeUnit.MINUTES.toNanos(5);

    /** As {@link #CLIENT_LIVENESS_NS}, for {@code Aeron.Context.driverTimeoutMs}. */
    public static final long DRIVER_TIMEOUT_MS = TimeUnit.NANOSECONDS.toMillis(CLIENT_LIVENESS_NS);

    private static final int MIN_MTU_LENGTH = 1_408;
    private static final int MAX_MTU_LENGTH = 65_504;
    private static final int MTU_ALIGNMENT = 32;
    private static final int MIN_TERM_LENGTH = 64 * 1024;

    /** Checks each value and how they relate. */
    public MediaDriverConfig {
        cores = List.copyOf(cores);
        check(IDLE_NAMES.contains(idle), "idle", idle);
        check(!(isDedicated && EVENT.equals(idle)), "idle with isDedicated", idle);
        check(
                mtuLength >= MIN_MTU_LENGTH && mtuLength <= MAX_MTU_LENGTH && mtuLength % MTU_ALIGNMENT == 0,
                "mtuLength",
                mtuLength);
        check(socketBufferLength >= mtuLength, "socketBufferLength", socketBufferLength);
        check(termLength >= MIN_TERM_LENGTH && BitUtil.isPowerOfTwo(termLength), "termLength", termLength);
        check(maxWaitMs > 0, "maxWaitMs", maxWaitMs);
        check(cores.isEmpty() || cores.size() >= (isDedicated ? 3 : 1), "cores", cores);
    }

    private static void check(final boolean isGood, final String name, final Object value) {
        if (!isGood) {
            throw new IllegalArgumentException("bad configuration of the media driver: " + name + "=" + value);
        }
    }
}
