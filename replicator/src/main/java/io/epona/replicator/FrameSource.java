package io.epona.replicator;

import org.agrona.DirectBuffer;

/**
 * Where a lane's frames come from that are no longer in its log ring: its journal. Used by the catch-up thread only;
 * may wait for the device. Each feed has one of its own.
 */
public interface FrameSource extends AutoCloseable {
    /** Result of {@link #read}: the log does not reach back to this position any more. */
    int RECYCLED = -1;

    /**
     * Reads whole frames, those in between included that are only padding.
     *
     * @param fromPosition where a frame starts.
     * @param limitPosition all below is on the device; frames that end above it are left out.
     * @return bytes from {@code fromPosition} on that {@link #buffer()} now holds, ending with a frame; 0 when there is
     *     no whole frame below the limit; {@link #RECYCLED}.
     * @throws RuntimeException when the device fails, or the frames on it are damaged.
     */
    int read(long fromPosition, long limitPosition);

    /** What was read last; its first byte, at offset 0, is that of the position that was asked for. */
    DirectBuffer buffer();

    @Override
    void close();
}
