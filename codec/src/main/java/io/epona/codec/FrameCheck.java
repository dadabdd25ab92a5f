package io.epona.codec;

/**
 * What {@link FrameValidator} found at a position. Anything but {@link #VALID} means for a scan: no frame that may be
 * used starts here, the log ends or is damaged; the values tell an operator which.
 */
public enum FrameCheck {
    /** A whole frame with the expected position; use it and go on behind it. */
    VALID,

    /** Zero: nothing was ever written here, or a tail was cut here. Do not look at other bytes. */
    EMPTY,

    /** The length is shorter than a header, longer than the bytes that are there, or not that of the frame's type. */
    BAD_LENGTH,

    /** The frame belongs to another position: an earlier use of the same block, or a misplaced write. */
    BAD_POSITION,

    /**
     * Intact, and of a lower leader epoch than the frame before it: left over from before a cut. Found by those who
     * walk the log only, not by looking at one frame.
     */
    STALE_EPOCH,

    /** The checksum does not match: torn, still being written, or damaged. */
    BAD_CRC,

    /** Intact, but of a layout that this build does not know: written by a newer one. Do not cut; refuse. */
    BAD_VERSION,

    /** Intact, of a known layout version, but of an unknown type. Do not cut; refuse. */
    BAD_TYPE
}
