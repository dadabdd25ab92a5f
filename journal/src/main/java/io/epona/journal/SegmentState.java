package io.epona.journal;

/**
 * What the header of one segment file says, as far as it changes while the journal is in use. Owned by the thread that
 * owns the headers.
 */
final class SegmentState {
    /** Which part of the log the file holds, {@link SegmentHeader#NEVER_USED} or {@link SegmentHeader#BEING_BEGUN}. */
    long number = SegmentHeader.NEVER_USED;

    /** The log has no byte below it in this segment: the segment's first position, but where a log was begun. */
    long startPosition;

    /** Everything below is durable. */
    long markedPosition;

    /** Longest ring that wrote into the segment. */
    int ringLength;

    /** Longest device write into the segment. */
    int maxWriteLength;

    /** When the file was made, ms since the Unix epoch. */
    long createdTimeMs;

    void set(final SegmentHeader header) {
        number = header.segmentNumber();
        startPosition = header.startPosition();
        markedPosition = header.durablePosition();
        ringLength = header.ringLength();
        maxWriteLength = header.maxWriteLength();
        createdTimeMs = header.createdTimeMs();
    }

    /** The file holds no part of the log. */
    void clear() {
        number = SegmentHeader.NEVER_USED;
        startPosition = 0;
        markedPosition = 0;
        ringLength = 0;
        maxWriteLength = 0;
    }

    /** The lengths of what writes from now on; older ones are kept where they were longer. */
    void growShape(final int newRingLength, final int newMaxWriteLength) {
        ringLength = Math.max(ringLength, newRingLength);
        maxWriteLength = Math.max(maxWriteLength, newMaxWriteLength);
    }
}
