package io.epona.journal;

import io.epona.codec.FrameDescriptor;
import io.epona.codec.FrameEncoder;
import io.epona.codec.FrameHandler;
import io.epona.journal.RecoveryScan.NamedEvidence;
import org.agrona.BitUtil;
import org.agrona.BufferUtil;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * One recovery of a journal: walks the frames, decides between the end of the log, a torn tail and damage, and makes
 * the end ready to be written on. Nothing is changed before the decision. Owned by one thread.
 */
final class JournalRecovery {
    /** What is read at once into the ring; a power of two, so that no step straddles a segment's or the ring's end. */
    private static final int LOAD_LENGTH = 1024 * 1024;

    private final JournalConfig config;
    private final SegmentStore store;
    private final SegmentHeaders headers;
    private final LogRing ring;
    private final RecoveryRules rules;
    private final RecoveryScan scan;
    private long wipedLength;

    JournalRecovery(
            final JournalConfig config,
            final SegmentStore store,
            final SegmentHeaders headers,
            final LogRing ring,
            final RecoveryRules rules) {
        this.config = config;
        this.store = store;
        this.headers = headers;
        this.ring = ring;
        this.rules = rules;
        this.scan = new RecoveryScan(config, store, headers, rules);
    }

    /** On a node that is a cell of its own: all that is whole is handed on as it is read. */
    RecoveredTail recover(
            final long fromPosition,
            final long checkpointPosition,
            final long ringFromPosition,
            final FrameHandler handler) {
        scan.scan(fromPosition, checkpointPosition, handler, false, NamedEvidence.PROOF);
        final long tail = shape(scan.tail(), scan.header());
        final long ringStart = loadRing(ringFromPosition, tail);
        return result(tail, ringStart, scan.walk().frameCount(), scan.committedBound(checkpointPosition));
    }

    /** On a replica: read whole first, because only then the bound is known; then read again and handed on. */
    RecoveredTail recoverReplica(final ReplicaRecovery request) {
        scan.scan(
                request.fromPosition(),
                request.checkpointPosition(),
                RecoveryScan.NO_HANDLER,
                false,
                request.cutsUnproven() ? NamedEvidence.IGNORED : NamedEvidence.MAY_BE_TORN);
        checkSpans(request.fromPosition());
        final long bound = scan.committedBound(request.checkpointPosition());
        checkRing(bound, scan.tail());
        final long tail = shape(scan.tail(), scan.header());
        final long ringStart = loadRing(request.fromPosition(), tail);
        final FrameWalk second = new FrameWalk(config, headers, scan.window(), rules);
        second.walk(request.fromPosition(), bound, request.committedHandler(), false);
        checkSame(second, bound);
        second.walk(second.position(), tail, request.uncommittedHandler(), false);
        checkSame(second, tail);
        return result(tail, ringStart, second.frameCount(), bound);
    }

    private static void checkSame(final FrameWalk second, final long expectedEnd) {
        if (second.position() < expectedEnd) {
            throw new JournalFailedException(
                    "the device gave other bytes when the log was read again: position=" + second.position()
                            + ", found=" + second.endCheck() + ", expected end=" + expectedEnd,
                    0);
        }
    }

    /** Padding that one replica alone adds would make its log another one. */
    private void checkSpans(final long fromPosition) {
        final int spanLength = ring.spanLength(config.segmentLength());
        for (long number = config.segmentNumber(fromPosition); number <= headers.newestNumber(); number++) {
            final SegmentHeader header = headers.of(number);
            if (null != header && header.spanLength() != spanLength) {
                throw new JournalRefusedException(
                        "the length that no frame of the lane straddles cannot change in a cell: lane="
                                + config.laneId() + ", spanLength=" + spanLength + ", in the journal="
                                + header.spanLength() + ", file=" + store.fileName(config.fileIndex(number)),
                        "configure ring and segment lengths whose smaller one is that of the journal");
            }
        }
    }

    private void checkRing(final long bound, final long tail) {
        if (tail - bound > ring.length()) {
            throw new JournalRefusedException(
                    "the log ring is too short for the frames that may not be committed yet: lane=" + config.laneId()
                            + ", committed=" + bound + ", end of the log=" + tail + ", ringLength=" + ring.length(),
                    "configure a longer log ring, at least as long as it was");
        }
    }

    private RecoveredTail result(
            final long tail, final long ringStart, final long frameCount, final long committedBound) {
        return new RecoveredTail(
                tail,
                committedBound,
                headers.oldestPosition(),
                frameCount,
                scan.walk().leaderEpoch(),
                scan.walk().endCheck(),
                scan.evidence().frameCount(),
                wipedLength,
                ringStart);
    }

    /**
     * Overwrites with zeros what the last write before the crash, and frames behind a bad one, may have left behind the
     * tail, within the segment: a write never goes beyond it.
     */
    private long wipe(final long tail, final SegmentHeader header) {
        final int blockLength = config.blockLength();
        final int maxWriteLength = Math.max(header.maxWriteLength(), config.maxWriteLength());
        final long end = Math.min(
                header.endPosition(),
                BitUtil.align(Math.max(tail + maxWriteLength, scan.evidence().lastEnd()), blockLength) + blockLength);
        final int stepLength = (int) Math.min(config.segmentLength(), config.maxWriteLength());
        final UnsafeBuffer buffer = allocate(stepLength);
        final long start = tail & -blockLength;
        final int fileIndex = config.fileIndex(config.segmentNumber(tail));
        int keptLength = (int) (tail - start);
        if (keptLength > 0) {
            store.read(fileIndex, config.fileOffset(start), buffer, 0, blockLength);
            buffer.setMemory(keptLength, blockLength - keptLength, (byte) 0);
        }
        long position = start;
        while (position < end) {
            final int length = (int) Math.min(stepLength, end - position);
            store.write(fileIndex, config.fileOffset(position), buffer, 0, length);
            buffer.setMemory(0, keptLength, (byte) 0);
            keptLength = 0;
            position += length;
        }
        return end - tail;
    }

    /**
     * Wipes behind the tail, then notes in the header how far the log is durable and what shapes it now; a new span
     * starts with a new segment.
     */
    private long shape(final long tail, final SegmentHeader header) {
        wipedLength = null != header && rules.wipesBehindTail() ? wipe(tail, header) : 0;
        final boolean isSameSpan = null != header && header.spanLength() == ring.spanLength(config.segmentLength());
        if (isSameSpan) {
            headers.shapeBy(ring.length(), config.maxWriteLength());
        } else {
            headers.shapeNextBy(ring.length(), config.maxWriteLength());
        }
        if (headers.newestNumber() >= 0) {
            headers.mark(tail);
        }
        if (null == header || isSameSpan) {
            return tail;
        }
        padToSegmentEnd(tail, header);
        headers.mark(header.endPosition());
        return header.endPosition();
    }

    private void padToSegmentEnd(final long tail, final SegmentHeader header) {
        final FrameEncoder encoder = new FrameEncoder();
        final int blockLength = config.blockLength();
        final UnsafeBuffer buffer = allocate(2 * blockLength);
        final int fileIndex = config.fileIndex(header.segmentNumber());
        long position = FrameDescriptor.framePosition(tail, header.spanLength());
        while (position < header.endPosition()) {
            final int remaining = FrameDescriptor.remainingInSpan(position, header.spanLength());
            final long start = position & -blockLength;
            final int length = (int) Math.min(buffer.capacity(), header.endPosition() - start);
            store.read(fileIndex, config.fileOffset(start), buffer, 0, length);
            encoder.encodePadding(
                    buffer,
                    (int) (position - start),
                    position,
                    remaining,
                    Math.max(0, scan.walk().leaderEpoch()),
                    0,
                    tail);
            store.write(fileIndex, config.fileOffset(start), buffer, 0, length);
            position += remaining;
        }
    }

    /**
     * Copies the end of the log into the ring: what is asked for, as far as the ring can hold it, and always the last,
     * partly filled block, which the writer writes again with what follows.
     */
    private long loadRing(final long ringFromPosition, final long tail) {
        final int blockLength = config.blockLength();
        final long lastBlock = tail & -blockLength;
        final long start = Math.min(lastBlock, Math.max(ringFromPosition, oldestLoadable(tail)));
        final UnsafeBuffer buffer = allocate((int) Math.min(config.segmentLength(), LOAD_LENGTH));
        long position = start & -blockLength;
        while (position < tail) {
            final long segmentEnd = (position & -config.segmentLength()) + config.segmentLength();
            final long wanted = Math.min(BitUtil.align(tail, blockLength), segmentEnd) - position;
            final int length =
                    (int) Math.min(Math.min(wanted, buffer.capacity()), ring.length() - ring.offset(position));
            store.read(
                    config.fileIndex(config.segmentNumber(position)), config.fileOffset(position), buffer, 0, length);
            final int skipped = (int) Math.max(0, start - position);
            final int end = (int) Math.min(length, tail - position);
            ring.buffer().putBytes(ring.offset(position + skipped), buffer, skipped, end - skipped);
            position += length;
        }
        ring.raiseFloor(start);
        return start;
    }

    /** Frames of segments that were written with another span may straddle the end of this ring. */
    private long oldestLoadable(final long tail) {
        final int spanLength = ring.spanLength(config.segmentLength());
        final long oldest = Math.max(0, tail - ring.length());
        long start = tail;
        while (start > oldest) {
            final SegmentHeader header = headers.of(config.segmentNumber(start - 1));
            if (null == header || header.spanLength() != spanLength) {
                return start;
            }
            start = header.firstPosition();
            if (header.startPosition() > start) {
                return Math.max(oldest, header.startPosition());
            }
        }
        return oldest;
    }

    private static UnsafeBuffer allocate(final int length) {
        return new UnsafeBuffer(BufferUtil.allocateDirectAligned(length, JournalLimits.HEADER_BLOCK_LENGTH));
    }
}
