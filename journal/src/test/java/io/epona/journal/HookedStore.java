package io.epona.journal;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/** Lets something happen in the middle of each read: after the first half has left the device. */
final class HookedStore implements SegmentStore {
    Runnable duringRead = () -> {};
    private final SegmentStore store;

    HookedStore(final SegmentStore store) {
        this.store = store;
    }

    @Override
    public int segmentCount() {
        return store.segmentCount();
    }

    @Override
    public String fileName(final int fileIndex) {
        return store.fileName(fileIndex);
    }

    @Override
    public SegmentStore openReader() {
        return store.openReader();
    }

    @Override
    public void write(
            final int fileIndex,
            final long fileOffset,
            final DirectBuffer source,
            final int sourceOffset,
            final int length) {
        store.write(fileIndex, fileOffset, source, sourceOffset, length);
    }

    @Override
    public void read(
            final int fileIndex,
            final long fileOffset,
            final MutableDirectBuffer target,
            final int targetOffset,
            final int length) {
        final int half = length / 2 & -4096;
        if (half > 0) {
            store.read(fileIndex, fileOffset, target, targetOffset, half);
        }
        duringRead.run();
        store.read(fileIndex, fileOffset + half, target, targetOffset + half, length - half);
    }

    @Override
    public void sync() {
        store.sync();
    }

    @Override
    public void close() {
        store.close();
    }
}
