package io.epona.systemtests.cell;

import io.epona.journal.JournalReader;
import io.epona.replicator.FrameSource;
import org.agrona.BufferUtil;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** A lane's journal as the catch-up thread reads it. One thread. */
final class JournalSource implements FrameSource {
    private final JournalReader reader;
    private final UnsafeBuffer target;
    private final UnsafeBuffer frames = new UnsafeBuffer(0, 0);

    JournalSource(final JournalReader reader, final CellPlan plan) {
        this.reader = reader;
        final int length = plan.maxBatchLength() + 64 * 1024;
        this.target = new UnsafeBuffer(BufferUtil.allocateDirectAligned(length, 4096));
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
            case DAMAGED -> throw new IllegalStateException("the journal is damaged: " + reader.place());
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
