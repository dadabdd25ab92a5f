package io.epona.replicator;

import io.epona.journal.Journal;
import io.epona.journal.JournalLimits;
import io.epona.journal.JournalReader;
import java.util.function.Supplier;
import org.agrona.BitUtil;
import org.agrona.BufferUtil;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Frames from a lane's journal, read in large blocks. Owned by the catch-up thread. */
public final class JournalFrameSource implements FrameSource {
    /** One device read: long enough that the device is used well, short enough to leave it to the journal's writer. */
    private static final int MIN_BUFFER_LENGTH = 1024 * 1024;

    private final JournalReader reader;
    private final UnsafeBuffer target;
    private final UnsafeBuffer frames = new UnsafeBuffer(0, 0);

    private JournalFrameSource(final JournalReader reader, final int bufferLength) {
        this.reader = reader;
        this.target =
                new UnsafeBuffer(BufferUtil.allocateDirectAligned(bufferLength, JournalLimits.HEADER_BLOCK_LENGTH));
    }

    /**
     * Opens sources that read a journal.
     *
     * @param journal of the lane, recovered.
     * @param maxFrameLength of the lane's frames.
     */
    public static Supplier<FrameSource> of(final Journal journal, final int maxFrameLength) {
        final int needed = maxFrameLength + 2 * JournalLimits.HEADER_BLOCK_LENGTH;
        final int bufferLength = BitUtil.align(Math.max(MIN_BUFFER_LENGTH, needed), JournalLimits.HEADER_BLOCK_LENGTH);
        return () -> new JournalFrameSource(journal.openReader(), bufferLength);
    }

    @Override
    public int read(final long fromPosition, final long limitPosition) {
        return switch (reader.read(fromPosition, limitPosition, target)) {
            case OK -> {
                frames.wrap(target, reader.offset(), reader.length());
                yield reader.length();
            }
            case END -> 0;
            case RECYCLED -> RECYCLED;
            case DAMAGED ->
                throw new IllegalStateException(
                        "a frame on the device is damaged: found=" + reader.endCheck() + ", " + reader.place());
        };
    }

    @Override
    public DirectBuffer buffer() {
        return frames;
    }

    @Override
    public void close() {
        reader.close();
    }
}
