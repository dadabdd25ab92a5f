package io.epona.sequencer;

/**
 * Who asks a lane to append a batch, and what was found out before: the fields {@code origin} and {@code verification}
 * of an AppendCommand in one long. Stateless.
 */
public final class AppendOrigin {
    /** A client's batch, of which nothing is known. */
    public static final long CLIENT = 0;

    /** A coordinator's own batch: no sequence is expected, and a marker is written even if it ends nothing. */
    public static final long COORDINATOR = 1;

    /**
     * A marker of transaction version 2: its epoch is above that of the transaction that it ends, so that one with the
     * epoch of an open transaction is a late one.
     */
    public static final long BUMPED_MARKER = 4;

    /** A marker of an earlier transaction version. */
    public static final long MARKER = 0;

    private static final long VERIFIED = 2;

    private AppendOrigin() {}

    /**
     * A client's batch of a transaction that the coordinator knows the partition to be part of.
     *
     * @param verification that the lane gave when it asked for this.
     */
    public static long verified(final int verification) {
        return (long) verification << Integer.SIZE | VERIFIED;
    }

    static long of(final int flags, final int verification) {
        return (long) verification << Integer.SIZE | flags;
    }

    static int flags(final long origin) {
        return (int) origin & 0xFF;
    }

    static int verification(final long origin) {
        return (int) (origin >>> Integer.SIZE);
    }

    static boolean isCoordinator(final long origin) {
        return (origin & COORDINATOR) != 0;
    }

    static boolean isBumped(final long origin) {
        return (origin & BUMPED_MARKER) != 0;
    }

    /** Whether the verification that comes with it is this one. */
    static boolean isVerified(final long origin, final int verification) {
        return (origin & VERIFIED) != 0 && verification(origin) == verification;
    }
}
