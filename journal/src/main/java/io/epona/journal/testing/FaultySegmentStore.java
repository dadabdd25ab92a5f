package io.epona.journal.testing;

import io.epona.journal.JournalFailedException;
import io.epona.journal.SegmentStore;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * A segment store that fails by plan, in front of a real or simulated one. Used by one thread, as the one behind it.
 */
public final class FaultySegmentStore implements SegmentStore {
    private final SegmentStore store;
    private long writesUntilFailure = Long.MAX_VALUE;
    private int writeErrno;
    private int syncErrno;
    private int readErrno;
    private long writeCount;

    /** @param store that does the work. */
    public FaultySegmentStore(final SegmentStore store) {
        this.store = store;
    }

    /** The n-th of the next writes, counted from 1, fails and writes nothing; errno 0 is a short write. */
    public void failWrite(final long writes, final int errno) {
        writesUntilFailure = writes;
        writeErrno = errno;
    }

    /** Each sync fails from now on. */
    public void failSync(final int errno) {
        syncErrno = errno;
    }

    /** Each read fails from now on. */
    public void failRead(final int errno) {
        readErrno = errno;
    }

    /** Writes that were asked for, failed ones included. */
    public long writeCount() {
        return writeCount;
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
        writeCount++;
        if (writesUntilFailure != Long.MAX_VALUE && --writesUntilFailure == 0) {
            throw new JournalFailedException(
                    (0 == writeErrno ? "write was short" : "write failed") + ": fileIndex=" + fileIndex + ", offset="
                            + fileOffset + ", length=" + length,
                    writeErrno);
        }
        store.write(fileIndex, fileOffset, source, sourceOffset, length);
    }

    @Override
    public void read(
            final int fileIndex,
            final long fileOffset,
            final MutableDirectBuffer target,
            final int targetOffset,
            final int length) {
        if (0 != readErrno) {
            throw new JournalFailedException("read failed: fileIndex=" + fileIndex, readErrno);
        }
        store.read(fileIndex, fileOffset, target, targetOffset, length);
    }

    @Override
    public void sync() {
        if (0 != syncErrno) {
            throw new JournalFailedException("fsync failed", syncErrno);
        }
        store.sync();
    }

    @Override
    public void close() {
        store.close();
    }
}
