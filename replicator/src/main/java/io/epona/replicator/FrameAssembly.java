package io.epona.replicator;

import io.epona.codec.replication.FramesPartDecoder;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;

/**
 * Puts the parts of one frame together that was too long for a message. Parts come in order; one that does not continue
 * what is here is dropped, and one that begins a frame drops what is here. Owned by the receiving thread. Memory grows
 * to the longest frame that came, and no further than the caller allows.
 */
final class FrameAssembly {
    private final ExpandableArrayBuffer buffer = new ExpandableArrayBuffer();
    private int fromNode = -1;
    private int leaderEpoch;
    private long position;
    private int frameLength;
    private int assembledLength;

    /**
     * Adds a part.
     *
     * @param part that was checked.
     * @param source with the part's bytes.
     * @param offset of the part's bytes.
     * @return true when the part completes its frame. It counts only once {@link #onTaken()} was called, or when it
     *     does not complete the frame.
     */
    boolean add(final FramesPartDecoder part, final DirectBuffer source, final int offset) {
        if (part.partOffset() == 0) {
            begin(part);
        } else if (part.partOffset() != assembledLength || !isOfSameFrame(part)) {
            return false;
        }
        final int partLength = part.partLength();
        buffer.putBytes(assembledLength, source, offset, partLength);
        if (assembledLength + partLength == frameLength) {
            return true;
        }
        assembledLength += partLength;
        return false;
    }

    private void begin(final FramesPartDecoder part) {
        fromNode = part.fromNode();
        leaderEpoch = part.leaderEpoch();
        position = part.position();
        frameLength = part.framesLength();
        assembledLength = 0;
    }

    private boolean isOfSameFrame(final FramesPartDecoder part) {
        return part.fromNode() == fromNode
                && part.leaderEpoch() == leaderEpoch
                && part.position() == position
                && part.framesLength() == frameLength;
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
