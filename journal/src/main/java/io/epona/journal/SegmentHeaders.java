package io.epona.journal;

import org.agrona.BitUtil;
import org.agrona.BufferUtil;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The headers of a journal's segment files as they are on the device, and the only way to change them. A header is one
 * sector, so a change of it happens wholly or not at all. Owned by one thread; {@link #enter} and {@link #mark}
 * allocate nothing.
 */
final class SegmentHeaders {
    private final JournalConfig config;
    private final SegmentStore store;
    private final SegmentHeaderCodec codec = new SegmentHeaderCodec();
    private final UnsafeBuffer block = new UnsafeBuffer(
            BufferUtil.allocateDirectAligned(JournalLimits.HEADER_BLOCK_LENGTH, JournalLimits.HEADER_BLOCK_LENGTH));
    private final SegmentHeader[] headers;
    private final SegmentState[] states;
    private long newestNumber = SegmentHeader.NEVER_USED;
    private long oldestNumber = SegmentHeader.NEVER_USED;
    private long markedPosition;
    private int nextRingLength;
    private int nextMaxWriteLength;

    SegmentHeaders(final JournalConfig config, final SegmentStore store) {
        this.config = config;
        this.store = store;
        this.headers = new SegmentHeader[config.segmentCount()];
        this.states = new SegmentState[config.segmentCount()];
    }

    /** Reads all of them; throws when they do not form one journal. */
    void read() {
        for (int i = 0; i < headers.length; i++) {
            store.read(i, 0, block, 0, JournalLimits.HEADER_BLOCK_LENGTH);
            headers[i] = decode(i);
        }
        checkOwner();
        for (int i = 0; i < headers.length; i++) {
            checkWhole(i);
            states[i] = new SegmentState();
            states[i].set(headers[i]);
            newestNumber = Math.max(newestNumber, headers[i].segmentNumber());
        }
        checkNumbers();
        markedPosition = highestMark();
    }

    private SegmentHeader decode(final int fileIndex) {
        final SegmentHeaderCodec.Check check = codec.check(block);
        if (check == SegmentHeaderCodec.Check.NEWER) {
            throw new JournalRefusedException(
                    "a segment file was written by a newer Epona: file=" + store.fileName(fileIndex)
                            + ", formatVersion=" + codec.formatVersion(block) + ", newest known="
                            + SegmentHeaderCodec.FORMAT_VERSION,
                    "start that version, or a later one");
        }
        if (check != SegmentHeaderCodec.Check.VALID) {
            throw damaged(fileIndex, -1, "the header of a segment file is damaged: found=" + check);
        }
        return codec.decode(block);
    }

    /**
     * When no header is of this journal, another directory or other segments are configured. When some are, the journal
     * is the right one, and each other header was written to where it does not belong: what it has overwritten is lost.
     */
    private void checkOwner() {
        int strayIndex = -1;
        boolean isOurs = false;
        for (int i = 0; i < headers.length; i++) {
            final boolean isOfJournal = isOfJournal(headers[i]);
            isOurs |= isOfJournal;
            strayIndex = isOfJournal && headers[i].segmentIndex() == i ? strayIndex : i;
        }
        if (strayIndex < 0) {
            return;
        }
        final String found = store.fileName(strayIndex) + ", found=" + headers[strayIndex] + ", expected=" + config;
        if (!isOurs) {
            throw new JournalRefusedException(
                    "a segment file is not of this journal: file=" + found,
                    "configure the directory and the segments of this node and lane");
        }
        throw damaged(strayIndex, -1, "the header of a segment file belongs elsewhere: file=" + found);
    }

    private boolean isOfJournal(final SegmentHeader header) {
        return header.laneId() == config.laneId()
                && header.clusterIdHigh() == config.clusterIdHigh()
                && header.clusterIdLow() == config.clusterIdLow()
                && header.nodeId() == config.nodeId()
                && header.segmentCount() == config.segmentCount()
                && header.segmentLength() == config.segmentLength();
    }

    private void checkWhole(final int fileIndex) {
        final SegmentHeader header = headers[fileIndex];
        if (header.segmentNumber() == SegmentHeader.BEING_BEGUN) {
            throw damaged(
                    fileIndex,
                    header.durablePosition(),
                    "the journal was being begun anew and that did not end: begins at=" + header.durablePosition());
        }
    }

    /**
     * Which number each file must have follows from the newest one: anything else is a lost or misplaced write. The
     * oldest files may hold nothing any more, or not yet: after a cut, and where a log was begun in the middle.
     */
    private void checkNumbers() {
        oldestNumber = newestNumber;
        boolean isBelowStart = newestNumber < 0;
        for (int back = 0; back < headers.length; back++) {
            final long number = newestNumber - back;
            final int fileIndex = (int) Math.floorMod(number, (long) headers.length);
            final SegmentHeader header = headers[fileIndex];
            isBelowStart |= number < 0 || !header.isUsed();
            final long expected = isBelowStart ? SegmentHeader.NEVER_USED : number;
            if (header.segmentNumber() != expected || !isSound(header)) {
                throw damaged(
                        fileIndex,
                        Math.max(0, number) * config.segmentLength(),
                        "the header of a segment file does not fit the others: expected segmentNumber=" + expected
                                + ", found=" + header);
            }
            if (!isBelowStart) {
                oldestNumber = number;
                isBelowStart = header.startPosition() > header.firstPosition();
            }
        }
    }

    private boolean isSound(final SegmentHeader header) {
        return !header.isUsed()
                || (header.firstPosition() == header.segmentNumber() * config.segmentLength()
                        && header.startPosition() < header.endPosition()
                        && BitUtil.isPowerOfTwo(header.ringLength())
                        && header.maxWriteLength() >= JournalLimits.MIN_BLOCK_LENGTH);
    }

    private JournalCorruptException damaged(final int fileIndex, final long position, final String problem) {
        return new JournalCorruptException(
                JournalDamage.ofFile(config.laneId(), store.fileName(fileIndex), position), problem);
    }

    private long highestMark() {
        long highest = 0;
        for (final SegmentState state : states) {
            if (state.number >= 0) {
                highest = Math.max(highest, Math.max(state.markedPosition, state.startPosition));
            }
        }
        return highest;
    }

    private SegmentState state(final long segmentNumber) {
        return states[config.fileIndex(segmentNumber)];
    }

    /** Number of the segment that was entered last; -1 when none was. */
    long newestNumber() {
        return newestNumber;
    }

    /** First position whose bytes are still there. */
    long oldestPosition() {
        return oldestNumber < 0 ? 0 : state(oldestNumber).startPosition;
    }

    /** What {@link #oldestPosition()} will be when that segment is entered. */
    long oldestPositionAfter(final long enteredNumber) {
        final long number = Math.max(oldestNumber, enteredNumber - states.length + 1);
        return number == oldestNumber ? oldestPosition() : number * config.segmentLength();
    }

    /** Everything below is durable, as far as the headers say. */
    long markedPosition() {
        return markedPosition;
    }

    /** Header of the file that holds the segment, or null when the segment is not there. */
    SegmentHeader of(final long segmentNumber) {
        if (segmentNumber < 0 || segmentNumber > newestNumber || segmentNumber < oldestNumber) {
            return null;
        }
        return headers[config.fileIndex(segmentNumber)];
    }

    /** Longest device write into a segment that is there. */
    int maxWriteLength(final long segmentNumber) {
        return state(segmentNumber).maxWriteLength;
    }

    /** What will write into segments from now on; in the newest one, older lengths are kept where they were longer. */
    void shapeBy(final int newRingLength, final int newMaxWriteLength) {
        shapeNextBy(newRingLength, newMaxWriteLength);
        if (newestNumber >= 0) {
            state(newestNumber).growShape(newRingLength, newMaxWriteLength);
        }
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
        final SegmentState state = state(segmentNumber);
        state.number = segmentNumber;
        state.startPosition = segmentNumber * config.segmentLength();
        state.markedPosition = state.startPosition;
        state.ringLength = nextRingLength;
        state.maxWriteLength = nextMaxWriteLength;
        write(segmentNumber);
        newestNumber = segmentNumber;
        oldestNumber = Math.max(Math.max(0, oldestNumber), segmentNumber - states.length + 1);
        markedPosition = Math.max(markedPosition, state.markedPosition);
    }

    /** Durably notes in the newest segment's header that everything below a position is durable. One device write. */
    void mark(final long durablePosition) {
        markedPosition = Math.max(markedPosition, durablePosition);
        state(newestNumber).markedPosition = markedPosition;
        write(newestNumber);
    }

    /**
     * Durably takes back each mark beyond a position, down to where its segment begins, and lets the segment of the
     * position tell what will write into it. The position's segment is there.
     */
    void lowerMarks(final long position) {
        final long segmentNumber = config.segmentNumber(position);
        for (long number = newestNumber; number > segmentNumber; number--) {
            final SegmentState state = state(number);
            if (state.markedPosition > state.startPosition) {
                state.markedPosition = state.startPosition;
                write(number);
            }
        }
        final SegmentState state = state(segmentNumber);
        state.growShape(nextRingLength, nextMaxWriteLength);
        state.markedPosition = Math.min(state.markedPosition, position);
        write(segmentNumber);
        markedPosition = highestMark();
    }

    /** Durably gives back the newest segment, which holds nothing any more. One device write. */
    void leaveNewest() {
        if (newestNumber <= oldestNumber) {
            throw new IllegalStateException("the oldest segment cannot be left: number=" + newestNumber);
        }
        final SegmentState state = state(newestNumber);
        state.clear();
        write(newestNumber);
        newestNumber--;
        markedPosition = highestMark();
    }

    private void write(final long segmentNumber) {
        final int index = config.fileIndex(segmentNumber);
        codec.encode(block, config, index, states[index]);
        store.write(index, 0, block, 0, JournalLimits.HEADER_BLOCK_LENGTH);
    }
}
