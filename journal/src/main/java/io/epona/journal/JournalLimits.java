package io.epona.journal;

/** The bounds of this module, each with its reason. Lengths in bytes. */
public final class JournalLimits {
    /** Header block of a segment file: one block of the largest common sector size, so that it is never torn apart. */
    public static final int HEADER_BLOCK_LENGTH = 4096;

    /** Smallest unit of a device write that is accepted: the sector of older devices. */
    public static final int MIN_BLOCK_LENGTH = 512;

    /** Default unit of a device write: the sector of current devices and the page of the file system. */
    public static final int DEFAULT_BLOCK_LENGTH = 4096;

    /**
     * Default of the longest single device write: a quarter of a millisecond on a fast device, so that a burst costs
     * those who wait behind it little.
     */
    public static final int DEFAULT_MAX_WRITE_LENGTH = 1024 * 1024;

    /** Longest single device write that may be configured: recovery wipes as much, and looks as far for evidence. */
    public static final int MAX_WRITE_LENGTH = 64 * 1024 * 1024;

    /** Segments are at least two, so that one can be recycled while the other is written. */
    public static final int MIN_SEGMENT_COUNT = 2;

    /** File names have three digits. */
    public static final int MAX_SEGMENT_COUNT = 1000;

    /** One write while zero-filling a new segment file: large enough to run at the device's speed. */
    public static final int ZERO_FILL_LENGTH = 4 * 1024 * 1024;

    /** What a recovery scan reads at once; grows when a frame is longer. */
    public static final int SCAN_WINDOW_LENGTH = 1024 * 1024;

    /** How long nothing must have been written before the writer notes in the segment header how far it is durable. */
    public static final long DURABLE_MARK_IDLE_NS = 100_000_000L;

    /** Part of a checkpoint that is written and synced at once: longer ones stall the journal on the same device. */
    public static final int CHECKPOINT_STEP_LENGTH = 1024 * 1024;

    /** Largest checkpoint that is read back: far above what ten thousands of producers need. */
    public static final int MAX_CHECKPOINT_LENGTH = 1024 * 1024 * 1024;

    /** Checkpoints that are kept: the newest, and the one before it in case that the newest is damaged. */
    public static final int CHECKPOINTS_KEPT = 2;

    private JournalLimits() {}
}
