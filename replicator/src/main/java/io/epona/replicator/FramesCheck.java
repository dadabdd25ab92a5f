package io.epona.replicator;

import io.epona.codec.FrameDescriptor;
import org.agrona.DirectBuffer;

/**
 * Whether bytes from another node are whole frames, one behind the other, of the positions and epochs that they claim.
 * Their checksums are the lane's to verify, which reads the payload anyway. Stateless; reads nothing outside of the
 * given bytes; allocates nothing.
 */
final class FramesCheck {
    private FramesCheck() {}

    /**
     * Judges frames.
     *
     * @param buffer with the frames.
     * @param offset of the first one.
     * @param length of all, bytes; more than 0.
     * @param position of the first one.
     * @param leaderEpoch that no frame may be above.
     * @param spanLength that frames never straddle a multiple of.
     * @return null when all is well, else what is wrong.
     */
    static String problem(
            final DirectBuffer buffer,
            final int offset,
            final int length,
            final long position,
            final int leaderEpoch,
            final int spanLength) {
        if (((length | position) & FrameDescriptor.FRAME_ALIGNMENT - 1) != 0 || position < 0) {
            return "position or length is not aligned";
        }
        if (length > FrameDescriptor.remainingInSpan(position, spanLength)) {
            return "frames reach over the end of a span";
        }
        int checked = 0;
        while (checked < length) {
            final int remaining = length - checked;
            final int frame = offset + checked;
            if (remaining < FrameDescriptor.HEADER_LENGTH) {
                return "the last frame is not whole";
            }
            final int frameLength = FrameDescriptor.frameLength(buffer, frame);
            if (frameLength < FrameDescriptor.HEADER_LENGTH || frameLength > remaining) {
                return "a frame has an impossible length";
            }
            if (FrameDescriptor.position(buffer, frame) != position + checked) {
                return "a frame is of another position";
            }
            if (FrameDescriptor.leaderEpoch(buffer, frame) > leaderEpoch) {
                return "a frame is of a later epoch than its sender";
            }
            checked += FrameDescriptor.alignedLength(frameLength);
        }
        return null;
    }
}
