package io.epona.journal;

import io.epona.codec.FrameDescriptor;
import org.agrona.BufferUtil;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Empties a journal's segment files and has the log begin at a position. Owned by one thread; allocates.
 *
 * <p>The first write marks the header of the segment that the log is to begin in, the last one completes it; between
 * them everything is zeroed, so that no frame of the old log can stand where a new one is expected. A journal that is
 * found between the two is recognised by the mark.
 */
final class JournalStart {
    private final JournalConfig config;
    private final SegmentStore store;
    private final SegmentHeaderCodec codec = new SegmentHeaderCodec();
    private final UnsafeBuffer block = allocate(JournalLimits.HEADER_BLOCK_LENGTH);

    JournalStart(final JournalConfig config, final SegmentStore store) {
        this.config = config;
        this.store = store;
    }

    void begin(final long position, final int ringLength) {
        if (position < 0 || position % FrameDescriptor.FRAME_ALIGNMENT != 0) {
            throw new IllegalArgumentException("no frame can start there: position=" + position);
        }
        final SegmentState[] states = new SegmentState[config.segmentCount()];
        for (int i = 0; i < states.length; i++) {
            states[i] = emptied(i);
        }
        final long segmentNumber = config.segmentNumber(position);
        final int fileIndex = config.fileIndex(segmentNumber);
        final SegmentState state = states[fileIndex];
        state.number = SegmentHeader.BEING_BEGUN;
        state.markedPosition = position;
        write(fileIndex, state);
        for (int i = 0; i < states.length; i++) {
            zero(i);
            if (i != fileIndex) {
                write(i, states[i]);
            }
        }
        state.number = segmentNumber;
        state.startPosition = position;
        state.ringLength = ringLength;
        state.maxWriteLength = config.maxWriteLength();
        write(fileIndex, state);
    }

    /** What the header of a file is to say when it holds nothing; a damaged header is as good as none. */
    private SegmentState emptied(final int fileIndex) {
        store.read(fileIndex, 0, block, 0, JournalLimits.HEADER_BLOCK_LENGTH);
        final SegmentHeader old = SegmentFormat.decode(block);
        final SegmentState state = new SegmentState();
        state.createdTimeMs = null == old ? System.currentTimeMillis() : old.createdTimeMs();
        return state;
    }

    private void write(final int fileIndex, final SegmentState state) {
        codec.encode(block, config, fileIndex, state);
        store.write(fileIndex, 0, block, 0, JournalLimits.HEADER_BLOCK_LENGTH);
    }

    /** Writes only where something is: files that were just made are all zero. */
    private void zero(final int fileIndex) {
        final int stepLength = (int) Math.min(config.segmentLength(), config.maxWriteLength());
        final UnsafeBuffer buffer = allocate(stepLength);
        long offset = 0;
        while (offset < config.segmentLength()) {
            final int length = (int) Math.min(stepLength, config.segmentLength() - offset);
            final long fileOffset = JournalLimits.HEADER_BLOCK_LENGTH + offset;
            store.read(fileIndex, fileOffset, buffer, 0, length);
            if (!SegmentHeaderCodec.isZero(buffer, length)) {
                buffer.setMemory(0, length, (byte) 0);
                store.write(fileIndex, fileOffset, buffer, 0, length);
            }
            offset += length;
        }
    }

    private static UnsafeBuffer allocate(final int length) {
        return new UnsafeBuffer(BufferUtil.allocateDirectAligned(length, JournalLimits.HEADER_BLOCK_LENGTH));
    }
}
