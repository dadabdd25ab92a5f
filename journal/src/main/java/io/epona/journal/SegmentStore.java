package io.epona.journal;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * The storage seam of a journal: a fixed set of segment files of equal length.
 *
 * <p>Used by one thread at a time: first by the thread that opens and recovers, then by the journal writer. Offsets and
 * lengths are multiples of the journal's block length, and buffers are aligned to it. A call that cannot do all that it
 * was asked to do throws {@link JournalFailedException}; the caller then uses the store no more, but to close it.
 */
public interface SegmentStore extends AutoCloseable {
    /** Number of files; they are addressed by 0 to this less 1. */
    int segmentCount();

    /** What a file is called in messages: its path, where it has one. */
    String fileName(int fileIndex);

    /**
     * Opens the same files once more, for another thread that reads them while this store is in use.
     *
     * @return a store that can only read; the caller closes it, before or after this one.
     */
    SegmentStore openReader();

    /**
     * Writes; blocks until the bytes are durable on the device. They may be torn when the power fails meanwhile. Bytes
     * of the source that nobody has published yet may change during the call; either value may end up on the device.
     *
     * @param fileIndex of the file.
     * @param fileOffset in the file.
     * @param source memory outside the Java heap.
     * @param sourceOffset of the first byte.
     * @param length in bytes.
     */
    void write(int fileIndex, long fileOffset, DirectBuffer source, int sourceOffset, int length);

    /**
     * Reads all of the bytes.
     *
     * @param fileIndex of the file.
     * @param fileOffset in the file.
     * @param target memory outside the Java heap.
     * @param targetOffset of the first byte.
     * @param length in bytes.
     */
    void read(int fileIndex, long fileOffset, MutableDirectBuffer target, int targetOffset, int length);

    /** Makes everything durable that an earlier process left in a cache, the directory included. */
    void sync();

    @Override
    void close();
}
