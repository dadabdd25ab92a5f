package io.epona.journal;

import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/** Notes in which order a store was used. */
record RecordingStore(SegmentStore store, List<String> calls) implements SegmentStore {
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
        calls.add("write");
        store.write(fileIndex, fileOffset, source, sourceOffset, length);
    }

    @Override
    public void read(
            final int fileIndex,
            final long fileOffset,
            final MutableDirectBuffer target,
            final int targetOffset,
            final int length) {
        calls.add("read");
        store.read(fileIndex, fileOffset, target, targetOffset, length);
    }

    @Override
    public void sync() {
        calls.add("sync");
        store.sync();
    }

    @Override
    public void close() {
        store.close();
    }
}
