package io.epona.replicator;

import io.epona.codec.replication.FramesPartDecoder;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;

/**
 * Puts the parts of one frame together that was too long for a message. A part that leaves a hole is dropped. Parts of
 * the same frame may come on both the live and the catch-up stream, and each goes on where the other is: they are
 * equal. Owned by the receiving thread. Memory grows to the longest frame that came, and no further than the caller
 * allows.
 */
final class FrameAssembly {
    private final ExpandableArrayBuffer buffer = new ExpandableArrayBuffer();
    private int fromNode = -1;
    private int leaderEpoch;
    private long position;
    private int frameLength;
    private int assembledLength;

    /** True when the part is of the frame that is here. */
    boolean isOf(final FramesPartDecoder part) {
        return part.fromNode() == fromNode
                && part.leaderEpoch() == leaderEpoch
                && part.position() == position
                && part.framesLength() == frameLength;
    }

    /** True when there is no frame here. */
    boolean isEmpty() {
        return fromNode < 0;
    }

    /** Begins with another frame. */
    void begin(final FramesPartDecoder part) {
        fromNode = part.fromNode();
        leaderEpoch = part.leaderEpoch();
        position = part.position();
        frameLength = part.framesLength();
        assembledLength = 0;
    }

    /**
     * Adds a part of the frame that is here.
     *
     * @param part that was checked.
     * @param source with the part's bytes.
     * @param offset of the part's bytes.
     * @return true when the frame is complete with it. Such a part does not count until {@link #onTaken()}, so that it
     *     may come once more.
     */
    boolean add(final FramesPartDecoder part, final DirectBuffer source, final int offset) {
        final int partOffset = part.partOffset();
        final int partEnd = partOffset + part.partLength();
        if (partOffset > assembledLength || partEnd <= assembledLength) {
            return false;
        }
        buffer.putBytes(partOffset, source, offset, part.partLength());
        if (partEnd == frameLength) {
            return true;
        }
        assembledLength = partEnd;
        return false;
    }

    /** The frame, once it is complete. */
    DirectBuffer buffer() {
        return buffer;
    }

    /** The frame that is complete was handed on. */
    void onTaken() {
        fromNode = -1;
        assembledLength = 0;
    }
}
