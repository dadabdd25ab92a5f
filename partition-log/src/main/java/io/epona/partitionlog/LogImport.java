package io.epona.partitionlog;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.DefaultRecordBatch;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;

/**
 * Fills partition logs from another replica's, one partition at a time: {@link #open}, then what it needs, then
 * {@link #release}; {@link #flush} makes durable what was filled since the last time. No shelf agent may append to
 * these logs meanwhile: their lane is held. Used by one thread.
 *
 * <p>A crash leaves a first part of what was filled, as with any unclean stop of partition logs, so that filling can go
 * on from there.
 */
public final class LogImport implements AutoCloseable {
    private static final long MAINTENANCE_POLL_MS = 1;

    private final PartitionLogs logs;
    private final List<LogSlot> dirty = new ArrayList<>();

    /** Logs to the ends of what was appended behind missing offsets and not flushed yet. */
    private final Map<LogSlot, Long> holes = new HashMap<>();

    private LogSlot slot;
    private boolean isDirty;

    /**
     * An import of nothing yet.
     *
     * @param logs of the node
     */
    public LogImport(final PartitionLogs logs) {
        this.logs = logs;
    }

    /**
     * Opens a partition's log. Until it is given back, and flushed if it was changed, neither retention nor compaction
     * touch it.
     *
     * @return false when there is no such partition (any more)
     * @throws InterruptedException while it waited for them to give it up
     */
    public boolean open(final int partitionIndex) throws InterruptedException {
        if (slot != null) {
            throw new IllegalStateException("not released: partitionIndex=" + slot.partitionIndex());
        }
        isDirty = false;
        final LogSlot wanted = logs.acquire(partitionIndex);
        if (wanted == null) {
            return false;
        }
        if (!dirty.contains(wanted)) {
            try {
                while (!wanted.takeOver()) {
                    Thread.sleep(MAINTENANCE_POLL_MS);
                }
            } catch (final InterruptedException e) {
                wanted.release();
                throw e;
            }
        }
        slot = wanted;
        return true;
    }

    /** End of the open log. */
    public long endOffset() {
        return slot.log().logEndOffset();
    }

    /** First offset of the open log. */
    public long startOffset() {
        return slot.log().logStartOffset();
    }

    /**
     * A batch as it is told from others.
     *
     * @param baseOffset of its first record
     * @param nextOffset after its last record
     * @param crc of its content
     */
    public record Batch(long baseOffset, long nextOffset, long crc) {
        static Batch of(final RecordBatch batch) {
            return new Batch(batch.baseOffset(), batch.nextOffset(), batch.checksum());
        }
    }

    /** The open log's last batch; null when it has none. */
    public Batch lastBatch() {
        try {
            final RecordBatch last = slot.log().lastBatch();
            return last == null ? null : Batch.of(last);
        } catch (final IOException e) {
            throw failure(e);
        }
    }

    /** The first of batches that were fetched; null when not even one is whole. */
    public static Batch firstOf(final ByteBuffer batches) {
        for (final RecordBatch batch :
                MemoryRecords.readableRecords(batches.duplicate()).batches()) {
            return Batch.of(batch);
        }
        return null;
    }

    /** Empties the open log, which begins at the offset. */
    public void startAt(final long offset) {
        try {
            markDirty();
            holes.remove(slot);
            synchronized (slot) {
                slot.log().startAt(offset);
            }
        } catch (final IOException e) {
            throw failure(e);
        }
    }

    /** Cuts the open log, when it reaches beyond the offset. */
    public void cutTo(final long endOffset) {
        try {
            if (slot.log().logEndOffset() > endOffset) {
                markDirty();
                holes.computeIfPresent(slot, (key, holesBelow) -> Math.min(holesBelow, endOffset));
                synchronized (slot) {
                    slot.log().truncate(endOffset);
                }
            }
        } catch (final IOException | KafkaStorageException e) {
            throw failure(e);
        }
    }

    /**
     * Appends batches to the open log, after checking each one's checksum and that it goes on where the log ends. What
     * the log has already is passed over; a batch that was fetched in part is left out, and so are those behind a
     * limit.
     *
     * @param fetched batches as another replica stores them
     * @param limitOffset batches from here on are left out
     * @param lastAppendMs when the other replica appended to them last
     * @return bytes appended; 0 when the log can get nothing from these batches
     * @throws IllegalArgumentException when a batch is damaged or reaches across log end or limit; those before it are
     *     appended
     * @throws PartitionLogException when the log cannot be written
     */
    public int append(final ByteBuffer fetched, final long limitOffset, final long lastAppendMs) {
        final Group group = new Group(fetched, slot.log());
        int appendedLength = 0;
        try {
            for (final RecordBatch batch :
                    MemoryRecords.readableRecords(fetched.duplicate()).batches()) {
                if (batch.baseOffset() >= limitOffset) {
                    break;
                }
                if (batch.nextOffset() <= group.nextOffset) {
                    group.passOver(batch.sizeInBytes());
                } else {
                    markDirty();
                    check(batch, group.nextOffset, limitOffset);
                    if (batch.baseOffset() > group.nextOffset) {
                        holes.put(slot, batch.baseOffset());
                    }
                    if (batch.isTransactional()) {
                        slot.log().beginTransactions();
                    }
                    appendedLength += batch.sizeInBytes();
                    group.add(batch);
                }
            }
            group.append();
            if (appendedLength > 0) {
                slot.log().lastAppendMs(lastAppendMs);
            }
            return appendedLength;
        } catch (final IOException | KafkaStorageException e) {
            throw failure(e);
        }
    }

    private void check(final RecordBatch batch, final long nextOffset, final long limitOffset) {
        try {
            batch.ensureValid();
        } catch (final CorruptRecordException e) {
            throw new IllegalArgumentException(
                    "a batch of another replica is damaged: log=" + slot.log().directory() + ", its offset="
                            + batch.baseOffset(),
                    e);
        }
        if (batch.baseOffset() < nextOffset || batch.nextOffset() > limitOffset) {
            throw new IllegalArgumentException("a batch of another replica does not fit: log="
                    + slot.log().directory() + ", its offsets=" + batch.baseOffset() + ".."
                    + (batch.nextOffset() - 1) + ", log end=" + nextOffset + ", limit=" + limitOffset);
        }
    }

    /** Batches that one append takes. */
    private static final class Group {
        private final ByteBuffer fetched;
        private final KafkaLog log;
        private final int maxLength;
        private long nextOffset;
        private long firstOffset;
        private int begin;
        private int length;
        private int epoch;

        Group(final ByteBuffer fetched, final KafkaLog log) {
            this.fetched = fetched;
            this.log = log;
            this.maxLength = log.maxGroupLength();
            this.nextOffset = log.logEndOffset();
            this.begin = fetched.position();
        }

        void passOver(final int batchLength) {
            begin += batchLength;
        }

        void add(final RecordBatch batch) throws IOException {
            if (length > 0 && length + batch.sizeInBytes() > maxLength) {
                append();
            }
            if (length == 0) {
                firstOffset = batch.baseOffset();
            }
            length += batch.sizeInBytes();
            nextOffset = batch.nextOffset();
            epoch = batch.partitionLeaderEpoch();
        }

        void append() throws IOException {
            if (length > 0) {
                log.append(fetched.slice(begin, length), epoch, firstOffset, nextOffset - 1);
                begin += length;
                length = 0;
            }
        }
    }

    /**
     * Lets the open log end at an offset to which no batch reaches, because compaction took the last ones away: by a
     * batch without records, as compaction itself leaves them.
     */
    public void advanceTo(final long endOffset) {
        final KafkaLog log = slot.log();
        final long firstOffset = log.logEndOffset();
        if (firstOffset >= endOffset) {
            return;
        }
        final int epoch = Math.max(0, log.searchEpoch(0).latestEpoch());
        final ByteBuffer batch = ByteBuffer.allocate(DefaultRecordBatch.RECORD_BATCH_OVERHEAD);
        DefaultRecordBatch.writeEmptyHeader(
                batch,
                RecordBatch.CURRENT_MAGIC_VALUE,
                RecordBatch.NO_PRODUCER_ID,
                RecordBatch.NO_PRODUCER_EPOCH,
                RecordBatch.NO_SEQUENCE,
                firstOffset,
                endOffset - 1,
                epoch,
                TimestampType.CREATE_TIME,
                RecordBatch.NO_TIMESTAMP,
                false,
                false);
        batch.flip();
        try {
            markDirty();
            log.append(batch, epoch, firstOffset, endOffset - 1);
        } catch (final IOException e) {
            throw failure(e);
        }
    }

    /** Raises the open log's first offset, as far as the log reaches. */
    public void trimTo(final long startOffset) {
        if (startOffset > startOffset()) {
            markDirty();
            slot.log().trim(startOffset);
            slot.logStartOffsetAtLeast(startOffset());
        }
    }

    private void markDirty() {
        isDirty = true;
    }

    /** Gives the open log back; one that was changed stays open until it is flushed. */
    public void release() {
        if (slot != null) {
            if (dirty.contains(slot)) {
                slot.release();
            } else if (isDirty) {
                dirty.add(slot);
            } else {
                slot.endMaintain();
                slot.release();
            }
            slot = null;
        }
    }

    /** Logs that wait to be flushed. */
    public int unflushedCount() {
        return dirty.size();
    }

    /**
     * Flushes all that was released.
     *
     * @throws PartitionLogException when that failed: nothing may be called durable then
     */
    public void flush() {
        // The round gives back a lease of each, the end of this another one.
        dirty.forEach(LogImport::leaseAgain);
        final FlushRound round = new FlushRound(logs, 0, List.copyOf(dirty), false, true);
        final FlushPace unpaced = new FlushPace(Integer.MAX_VALUE);
        try {
            while (!round.isComplete()) {
                round.step(unpaced, unpaced);
            }
            logs.flushNames();
            for (final LogSlot flushed : dirty) {
                noteHoles(flushed);
            }
        } catch (final IOException | KafkaStorageException e) {
            logs.fail();
            throw new PartitionLogException("cannot flush partition logs: log.dir=" + logs.directory(), e);
        }
        giveBack();
    }

    private static void leaseAgain(final LogSlot leased) {
        if (!leased.tryLease(leased.lastUsedNs())) {
            throw new IllegalStateException("a leased log is not open: partitionIndex=" + leased.partitionIndex());
        }
    }

    /**
     * What is flushed may lack offsets from now on. Before that, a recovery that finds offsets missing takes them for
     * lost and cuts the log there, to be filled again.
     */
    private void noteHoles(final LogSlot flushed) throws IOException {
        final Long holesBelow = holes.remove(flushed);
        synchronized (flushed) {
            // The directory's name belongs to the log as long as it is not deleted.
            if (holesBelow != null && !flushed.isDeleted()) {
                final KafkaLog log = flushed.log();
                log.noteHolesBelow(Math.min(holesBelow, log.logEndOffset()));
            }
        }
    }

    private void giveBack() {
        for (final LogSlot changed : dirty) {
            changed.endMaintain();
            changed.release();
        }
        dirty.clear();
    }

    /** Flushes the open log, so that what waits to be written does not grow without bound. */
    public void flushOpen() {
        try {
            slot.log().flush();
            noteHoles(slot);
        } catch (final IOException | KafkaStorageException e) {
            if (!slot.isDeleted()) {
                logs.fail();
            }
            throw failure(e);
        }
    }

    /** The files of a deleted log vanish under whoever fills it. */
    private RuntimeException failure(final Exception cause) {
        final String message = "cannot fill a partition log from another replica: log="
                + slot.log().directory();
        if (slot.isDeleted()) {
            return new IllegalArgumentException(message + ": it was deleted meanwhile", cause);
        }
        logs.abandonOnClose();
        return new PartitionLogException(message, cause);
    }

    /** Gives everything back, flushed or not. */
    @Override
    public void close() {
        release();
        giveBack();
        holes.clear();
    }
}
