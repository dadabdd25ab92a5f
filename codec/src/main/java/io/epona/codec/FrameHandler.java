package io.epona.codec;

import org.agrona.DirectBuffer;

/** Receives the frames of a lane's log in order of position. Called on the thread that walks the log. */
@FunctionalInterface
public interface FrameHandler {
    /**
     * One frame. The bytes are valid during the call only.
     *
     * @param buffer that holds the frame.
     * @param offset of the frame's header in the buffer; fields by {@link FrameDescriptor}.
     * @param frameLength header and payload, bytes, not aligned.
     * @param position of the frame in the lane's log.
     */
    void onFrame(DirectBuffer buffer, int offset, int frameLength, long position);
}
