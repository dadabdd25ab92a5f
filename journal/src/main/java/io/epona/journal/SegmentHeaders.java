package io.epona.journal;

import org.agrona.BitUtil;
import org.agrona.BufferUtil;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The headers of a journal's segment files as they are on the device, and the only way to change them. A header is one
 * sector, so a change of it happens wholly or not at all. Owned by one thread; allocates nothing after it was read.
 */
final class SegmentHeaders {
    private final JournalConfig config;
    private final SegmentStore store;
    private final SegmentHeaderCodec codec = new SegmentHeaderCodec();
    private final UnsafeBuffer block = new UnsafeBuffer(
            BufferUtil.allocateDirectAligned(JournalLimits.HEADER_BLOCK_LENGTH, JournalLimits.HEADER_BLOCK_LENGTH));
    private final SegmentHeader[] headers;
    private final long[] createdTimesMs;
    private long newestNumber = SegmentHeader.NEVER_USED;
    private long markedPosition;
    private int ringLength;
    private int maxWriteLength;
    private int nextRingLength;
    private int nextMaxWriteLength;

    SegmentHeaders(final JournalConfig config, final SegmentStore store) {
        this.config = config;
        this.store = store;
        this.headers = new SegmentHeader[config.segmentCount()];
        this.createdTimesMs = new long[config.segmentCount()];
    }

    /** Reads all of them; throws when they do not form one journal. */
    void read() {
        for (int i = 0; i < headers.length; i++) {
            store.read(i, 0, block, 0, JournalLimits.HEADER_BLOCK_LENGTH);
            headers[i] = decode(i);
            createdTimesMs[i] = headers[i].createdTimeMs();
            newestNumber = Math.max(newestNumber, headers[i].segmentNumber());
            markedPosition = Math.max(markedPosition, headers[i].durablePosition());
            markedPosition = Math.max(markedPosition, headers[i].firstPosition());
        }
        for (int i = 0; i < headers.length; i++) {
            checkNumber(i);
        }
        if (newestNumber >= 0) {
            final SegmentHeader newest = headers[config.fileIndex(newestNumber)];
            ringLength = newest.ringLength();
            maxWriteLength = newest.maxWriteLength();
        }
    }

    private SegmentHeader decode(final int fileIndex) {
        final SegmentHeaderCodec.Check check = codec.check(block);
        if (check == SegmentHeaderCodec.Check.NEWER) {
            throw new JournalRefusedException(
                    "segment file " + fileIndex + " was written by a newer Epona: formatVersion="
                            + codec.formatVersion(block) + ", newest known=" + SegmentHeaderCodec.FORMAT_VERSION,
                    "start that version, or a later one");
        }
        if (check != SegmentHeaderCodec.Check.VALID) {
            throw new JournalCorruptException(
                    -1, "the header of segment file " + fileIndex + " is damaged: found=" + check);
        }
        final SegmentHeader header = codec.decode(block);
        final boolean isOurs = header.laneId() == config.laneId()
                && header.clusterIdHigh() == config.clusterIdHigh()
                && header.clusterIdLow() == config.clusterIdLow()
                && header.nodeId() == config.nodeId()
                && header.segmentIndex() == fileIndex
                && header.segmentCount() == config.segmentCount()
                && header.segmentLength() == config.segmentLength();
        if (!isOurs) {
            throw new JournalRefusedException(
                    "segment file " + fileIndex + " is not of this journal: found=" + header + ", expected=" + config,
                    "configure the directory and the segments of this node and lane");
        }
        return header;
    }

    /** Which number each file must have follows from the newest one: anything else is a lost or misplaced write. */
    private void checkNumber(final int fileIndex) {
        final long expected = expectedNumber(fileIndex);
        final SegmentHeader header = headers[fileIndex];
        final boolean isSound = !header.isUsed()
                || (header.firstPosition() == header.segmentNumber() * config.segmentLength()
                        && BitUtil.isPowerOfTwo(header.ringLength())
                        && header.maxWriteLength() >= JournalLimits.MIN_BLOCK_LENGTH);
        if (header.segmentNumber() != expected || !isSound) {
            throw new JournalCorruptException(
                    expected * config.segmentLength(),
                    "the header of a segment file does not fit the others: fileIndex=" + fileIndex
                            + ", expected segmentNumber=" + expected + ", found=" + header);
        }
    }

    private long expectedNumber(final int fileIndex) {
        if (newestNumber < 0) {
            return SegmentHeader.NEVER_USED;
        }
        final long back = Math.floorMod(newestNumber - fileIndex, (long) config.segmentCount());
        return newestNumber >= back ? newestNumber - back : SegmentHeader.NEVER_USED;
    }

    /** Number of the segment that was entered last; -1 when none was. */
    long newestNumber() {
        return newestNumber;
    }

    /** First position whose segment is still there. */
    long oldestPosition() {
        return Math.max(0, newestNumber - config.segmentCount() + 1) * config.segmentLength();
    }

    /** Everything below is durable, as far as the headers say. */
    long markedPosition() {
        return markedPosition;
    }

    /** Header of the file that holds the segment, or null when the segment is not there. */
    SegmentHeader of(final long segmentNumber) {
        if (segmentNumber < 0 || segmentNumber > newestNumber || segmentNumber <= newestNumber - headers.length) {
            return null;
        }
        return headers[config.fileIndex(segmentNumber)];
    }

    /** What will write into segments from now on; in the newest one, older lengths are kept where they were longer. */
    void shapeBy(final int newRingLength, final int newMaxWriteLength) {
        ringLength = Math.max(ringLength, newRingLength);
        maxWriteLength = Math.max(maxWriteLength, newMaxWriteLength);
        nextRingLength = newRingLength;
        nextMaxWriteLength = newMaxWriteLength;
    }

    /** As {@link #shapeBy}, when nothing but padding will be written into the newest segment any more. */
    void shapeNextBy(final int newRingLength, final int newMaxWriteLength) {
        nextRingLength = newRingLength;
        nextMaxWriteLength = newMaxWriteLength;
    }

    /** Durably takes a file for the next segment. One device write. */
    void enter(final long segmentNumber) {
        if (segmentNumber != newestNumber + 1) {
            throw new IllegalStateException(
                    "segments are entered one after the other: newest=" + newestNumber + ", entered=" + segmentNumber);
        }
        ringLength = nextRingLength;
        maxWriteLength = nextMaxWriteLength;
        write(segmentNumber, segmentNumber * config.segmentLength());
        newestNumber = segmentNumber;
    }

    /** Durably notes in the newest segment's header that everything below a position is durable. One device write. */
    void mark(final long durablePosition) {
        write(newestNumber, Math.max(markedPosition, durablePosition));
    }

    private void write(final long segmentNumber, final long durablePosition) {
        final int index = config.fileIndex(segmentNumber);
        codec.encode(
                block,
                config,
                index,
                segmentNumber,
                durablePosition,
                ringLength,
                maxWriteLength,
                createdTimesMs[index]);
        store.write(index, 0, block, 0, JournalLimits.HEADER_BLOCK_LENGTH);
        markedPosition = durablePosition;
    }
}
