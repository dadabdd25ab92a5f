package io.epona.partitionlog;

import io.epona.codec.FrameDescriptor;
import io.epona.codec.RecordBatchDescriptor;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.agrona.DirectBuffer;
import org.agrona.collections.Int2ObjectHashMap;
import org.agrona.collections.IntHashSet;
import org.agrona.concurrent.UnsafeBuffer;
import org.apache.kafka.common.errors.KafkaStorageException;

/**
 * Appends the frames of one partition to its log: small batches gathered in a buffer, large ones straight from where
 * they are. Checks that each batch goes exactly to the log's end. Owned by one shelf agent.
 */
final class FrameDrain {
    private static final int TRANSACTION_FLAGS =
            RecordBatchDescriptor.TRANSACTIONAL_FLAG | RecordBatchDescriptor.CONTROL_FLAG;

    private final PartitionLogs logs;
    private final DirtyLogs dirtyLogs;
    private final ByteBuffer groupBytes = ByteBuffer.allocateDirect(PartitionLogLimits.GROUP_LENGTH);
    private final UnsafeBuffer groupBuffer = new UnsafeBuffer(groupBytes);
    private ByteBuffer copyBytes = ByteBuffer.allocate(0);

    private boolean recovers;
    private boolean refills;
    private long heldLimit;
    private final IntHashSet refilled = new IntHashSet();
    private final Int2ObjectHashMap<Recovered> recovered = new Int2ObjectHashMap<>();

    /** A partition as recovery sees it. */
    private static final class Recovered {
        private long journalEnd;
        private long unopenedEnd = PartitionLogs.UNKNOWN_OFFSET;
        private boolean examined;
    }

    private LogSlot slot;
    private KafkaLog log;
    private long nextOffset;
    private int groupLength;
    private int maxGroupLength;
    private long groupFirstOffset;
    private int leaderEpoch;

    FrameDrain(final PartitionLogs logs, final DirtyLogs dirtyLogs) {
        this.logs = logs;
        this.dirtyLogs = dirtyLogs;
    }

    /** Frames below the position may be in the logs from before the start, and are then skipped. */
    void mayHoldBelow(final long position) {
        heldLimit = position;
    }

    /** Position from which on no log holds frames, once those below the given one are drained. */
    long limit(final long position) {
        return Math.max(heldLimit, position);
    }

    /**
     * From now on frames may be drained already, and are then skipped.
     *
     * @param mustRefill whether what logs hold from the first frame on is not to be trusted and is written again
     */
    void beginRecovery(final boolean mustRefill) {
        recovers = true;
        refills = mustRefill;
    }

    /**
     * The last frame was drained: no log may hold more than the journal.
     *
     * @return whether logs that were not opened hold frames that no flush may have covered
     */
    boolean endRecovery() {
        recovers = false;
        refills = false;
        refilled.clear();
        final boolean[] hasUnopened = {false};
        recovered.forEachInt((partitionIndex, state) -> {
            if (state.unopenedEnd >= 0 && !logs.isOpen(partitionIndex)) {
                hasUnopened[0] = true;
                checkNotAhead(partitionIndex, state.unopenedEnd, state.journalEnd);
            } else {
                checkNotAhead(partitionIndex, state.journalEnd);
            }
        });
        recovered.clear();
        return hasUnopened[0];
    }

    private void checkNotAhead(final int partitionIndex, final long journalEnd) {
        final LogSlot touched = logs.acquire(partitionIndex);
        if (touched != null) {
            try {
                checkNotAhead(partitionIndex, touched.log().logEndOffset(), journalEnd);
            } finally {
                touched.release();
            }
        }
    }

    private void checkNotAhead(final int partitionIndex, final long logEnd, final long journalEnd) {
        if (logEnd > journalEnd) {
            throw new PartitionLogException("partition log is ahead of the journal: log=" + logs.name(partitionIndex)
                    + ", log.dir=" + logs.directory() + ", its end=" + logEnd + ", end in the journal=" + journalEnd
                    + "; the journal has lost acknowledged records (an older copy, another device?): restore the"
                    + " journal that belongs to these logs, or move the log's directory away to lose what only it has");
        }
    }

    /**
     * Whether a log that is not open has all frames of a group already: most have, when the process was killed, and
     * opening thousands of them would keep the node from its start.
     */
    private boolean hasAll(final DirectBuffer buffer, final FrameGroups groups, final int group) throws IOException {
        final int partitionIndex = groups.partitionIndex(group);
        final Recovered state = recovered.computeIfAbsent(partitionIndex, key -> new Recovered());
        for (int frame = groups.firstFrame(group); frame != FrameGroups.NONE; frame = groups.nextFrame(frame)) {
            final int offset = groups.frameOffset(frame);
            if (FrameDescriptor.type(buffer, offset) != FrameDescriptor.TYPE_RECORDS) {
                return false;
            }
            state.journalEnd = FrameDescriptor.lastOffset(buffer, offset) + 1;
        }
        if (refills || logs.isOpen(partitionIndex)) {
            return false;
        }
        if (!state.examined) {
            state.examined = true;
            state.unopenedEnd = logs.endOffsetUnopened(partitionIndex);
        }
        return state.unopenedEnd >= state.journalEnd;
    }

    /** Appends a group's frames, in order. Frames of a partition that no longer exists are skipped. */
    void drain(final DirectBuffer buffer, final FrameGroups groups, final int group) throws IOException {
        if (recovers && hasAll(buffer, groups, group)) {
            return;
        }
        slot = logs.acquire(groups.partitionIndex(group));
        if (slot == null) {
            return;
        }
        try {
            log = slot.log();
            nextOffset = log.logEndOffset();
            maxGroupLength = log.maxGroupLength();
            groupLength = 0;
            for (int frame = groups.firstFrame(group); frame != FrameGroups.NONE; frame = groups.nextFrame(frame)) {
                onFrame(buffer, groups.frameOffset(frame));
            }
            appendGroup();
        } catch (final IOException | KafkaStorageException e) {
            if (!slot.isDeleted()) {
                throw e;
            }
        } finally {
            slot.release();
            slot = null;
            log = null;
        }
    }

    private void onFrame(final DirectBuffer buffer, final int offset) throws IOException {
        if (FrameDescriptor.type(buffer, offset) == FrameDescriptor.TYPE_TRIM) {
            appendGroup();
            log.trim(FrameDescriptor.baseOffset(buffer, offset));
            slot.logStartOffsetAtLeast(log.logStartOffset());
            return;
        }
        final long baseOffset = FrameDescriptor.baseOffset(buffer, offset);
        final long lastOffset = FrameDescriptor.lastOffset(buffer, offset);
        if ((recovers || FrameDescriptor.position(buffer, offset) < heldLimit) && isDrained(baseOffset, lastOffset)) {
            return;
        }
        if (baseOffset != nextOffset) {
            throw gap(FrameDescriptor.position(buffer, offset), baseOffset);
        }
        final int payloadOffset = offset + FrameDescriptor.PAYLOAD_OFFSET;
        if ((RecordBatchDescriptor.attributes(buffer, payloadOffset) & TRANSACTION_FLAGS) != 0) {
            log.beginTransactions();
        }
        final int length = FrameDescriptor.payloadLength(FrameDescriptor.frameLength(buffer, offset));
        final int frameEpoch = FrameDescriptor.leaderEpoch(buffer, offset);
        if (length >= PartitionLogLimits.DIRECT_LENGTH || length > maxGroupLength) {
            appendGroup();
            append(bytes(buffer, payloadOffset, length), frameEpoch, baseOffset, lastOffset);
        } else {
            if (groupLength + length > maxGroupLength) {
                appendGroup();
            }
            if (groupLength == 0) {
                groupFirstOffset = baseOffset;
            }
            groupBuffer.putBytes(groupLength, buffer, payloadOffset, length);
            groupLength += length;
            leaderEpoch = frameEpoch;
        }
        nextOffset = lastOffset + 1;
    }

    /**
     * Whether the log has the frame from before the start; when it is not to be trusted, cuts it there once. What it
     * has may not have been flushed.
     */
    private boolean isDrained(final long baseOffset, final long lastOffset) throws IOException {
        final int partitionIndex = slot.partitionIndex();
        dirtyLogs.add(slot);
        if (recovers) {
            recovered.computeIfAbsent(partitionIndex, key -> new Recovered()).journalEnd = lastOffset + 1;
        }
        if (refills && refilled.add(partitionIndex) && baseOffset < nextOffset) {
            log.truncate(baseOffset);
            nextOffset = log.logEndOffset();
        }
        return lastOffset < nextOffset;
    }

    private PartitionLogException gap(final long position, final long baseOffset) {
        return new PartitionLogException("partition log and journal do not meet: directory=" + log.directory()
                + ", log end offset=" + nextOffset + ", next frame's base offset=" + baseOffset + ", its position="
                + position
                + (baseOffset > nextOffset
                        ? "; records " + nextOffset + ".." + (baseOffset - 1) + " are in neither: restore the directory"
                                + " from a copy that reaches offset " + baseOffset
                        : "; the frame overlaps what the log holds: restore the directory and the journal from copies"
                                + " of the same time"));
    }

    private void appendGroup() throws IOException {
        if (groupLength > 0) {
            final int length = groupLength;
            groupLength = 0;
            append(groupBytes.slice(0, length), leaderEpoch, groupFirstOffset, nextOffset - 1);
        }
    }

    private void append(final ByteBuffer batches, final int epoch, final long firstOffset, final long lastOffset)
            throws IOException {
        dirtyLogs.add(slot);
        log.append(batches, epoch, firstOffset, lastOffset);
    }

    /** The bytes where they are; a copy only of memory that Java knows no buffer of. */
    private ByteBuffer bytes(final DirectBuffer buffer, final int offset, final int length) {
        final ByteBuffer whole = buffer.byteBuffer();
        if (whole != null) {
            return whole.duplicate().clear().slice(buffer.wrapAdjustment() + offset, length);
        }
        if (buffer.byteArray() != null) {
            return ByteBuffer.wrap(buffer.byteArray()).slice(buffer.wrapAdjustment() + offset, length);
        }
        if (copyBytes.capacity() < length) {
            copyBytes = ByteBuffer.allocate(length);
        }
        copyBytes.clear();
        buffer.getBytes(offset, copyBytes, 0, length);
        return copyBytes.slice(0, length);
    }
}
