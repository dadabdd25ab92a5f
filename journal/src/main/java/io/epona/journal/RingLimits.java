package io.epona.journal;

/**
 * How writer and readers of a log ring stay clear of each other: the arithmetic in one place. Stateless; positions are
 * absolute, lengths in bytes.
 */
public final class RingLimits {
    /** A lane publishes {@code appended} at least each time it has written this much, in a ring large enough. */
    public static final int MAX_UNPUBLISHED_LENGTH = 4 * 1024 * 1024;

    private static final int MIN_PARTS = 4;

    private RingLimits() {}

    /** How much a lane may write into a ring of this length before it publishes {@code appended}. */
    public static int maxUnpublishedLength(final int ringLength) {
        return Math.min(MAX_UNPUBLISHED_LENGTH, ringLength / MIN_PARTS);
    }

    /**
     * End up to which a lane may write frames into its ring, as far as the ring's readers are concerned.
     *
     * <p>The journal writer writes the block that {@code durable} lies in once more with what follows, so the bytes
     * before {@code durable} in that block must stay in the ring too: hence the alignment.
     *
     * @param durable what the journal writer has written.
     * @param otherReader least position of all other readers that need each byte.
     * @param ringLength of the ring.
     * @param blockLength of the journal's device writes.
     */
    public static long ringAppendLimit(
            final long durable, final long otherReader, final int ringLength, final int blockLength) {
        return Math.min(durable & -blockLength, otherReader) + ringLength;
    }

    /**
     * End up to which a lane may write frames, as far as the recycling of segment files is concerned.
     *
     * @param checkpointed position below which nobody needs the journal any more.
     * @param segmentLength of the journal.
     * @param segmentCount of the journal.
     */
    public static long journalAppendLimit(final long checkpointed, final long segmentLength, final int segmentCount) {
        return (checkpointed & -segmentLength) + segmentLength * segmentCount;
    }

    /**
     * Lowest position whose bytes in the ring are certainly not overwritten yet. A reader that does not hold the lane
     * back copies first, fences ({@code VarHandle.loadLoadFence()}), then reads {@code appended} and compares.
     *
     * @param appended as read after the copy.
     * @param ringLength of the ring.
     */
    public static long oldestIntactPosition(final long appended, final int ringLength) {
        return appended - ringLength + maxUnpublishedLength(ringLength);
    }
}
