package io.epona.sequencer;

import static io.epona.sequencer.LaneLimits.PRODUCER_BATCH_COUNT;

import io.epona.codec.RecordBatchDescriptor;
import io.epona.codec.checkpoint.BatchEntryEncoder;
import io.epona.codec.checkpoint.ProducerEntryEncoder;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.function.IntPredicate;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Idempotent and transactional producers of a lane: for each producer id and partition the epoch, the last five batches
 * and the open transaction. Owned by the thread that owns the state.
 *
 * <p>An entry lies in a slot, in the very layout of the checkpoint, with two links behind it that keep the entries in
 * the order in which they were last written: the one that wrote longest ago is the first to expire and the first to go
 * when the table is full. Entries with an open transaction are kept in an order of their own: they never expire and
 * never go, because nobody could end the transaction then. Slots are found through a hash index with linear probing.
 * Slabs of slots are made as the table grows and never given back; a table that does not grow allocates nothing.
 */
final class ProducerTable {
    static final int NONE = -1;

    /** Length of an entry in the checkpoint. */
    static final int ENTRY_LENGTH = ProducerEntryEncoder.BLOCK_LENGTH;

    private static final int PRODUCER_ID = ProducerEntryEncoder.producerIdEncodingOffset();
    private static final int PARTITION_INDEX = ProducerEntryEncoder.partitionIndexEncodingOffset();
    private static final int EPOCH = ProducerEntryEncoder.producerEpochEncodingOffset();
    private static final int BATCH_COUNT = ProducerEntryEncoder.batchCountEncodingOffset();
    private static final int KNOWN_SEQUENCES = ProducerEntryEncoder.fromSequenceZeroEncodingOffset();
    private static final int BATCHES = ProducerEntryEncoder.batch0EncodingOffset();
    private static final int BATCH_LENGTH = BatchEntryEncoder.ENCODED_LENGTH;
    private static final int BASE_SEQUENCE = BatchEntryEncoder.baseSequenceEncodingOffset();
    private static final int LAST_OFFSET_DELTA = BatchEntryEncoder.lastOffsetDeltaEncodingOffset();
    private static final int BASE_OFFSET = BatchEntryEncoder.baseOffsetEncodingOffset();
    private static final int SEQUENCED_TIME_MS = BatchEntryEncoder.sequencedTimeMsEncodingOffset();
    private static final int BATCH_CRC = BatchEntryEncoder.batchCrcEncodingOffset();

    private static final int LAST_TIME_MS = ProducerEntryEncoder.lastTimeMsEncodingOffset();
    private static final int TRANSACTION_FIRST_OFFSET = ProducerEntryEncoder.transactionFirstOffsetEncodingOffset();
    private static final int COORDINATOR_EPOCH = ProducerEntryEncoder.coordinatorEpochEncodingOffset();

    /** Not all sequences from 0 to the last are known to be written, in the present epoch. */
    private static final byte SOME = 0;

    /** They are. */
    private static final byte ALL = 1;

    /** They are, and 0 followed the largest one meanwhile. */
    private static final byte ALL_AND_WRAPPED = 2;

    /** Clients have a few batches in flight: no batch that is repeated was written so many records ago. */
    private static final int MAX_DISTANCE = 1 << 30;

    /** Length of an entry in checkpoints from before there were transactions. */
    static final int ENTRY_LENGTH_WITHOUT_TRANSACTION = LAST_TIME_MS;

    /** Stands for an offset where no transaction is open. */
    static final long NO_OFFSET = -1;

    /** Stands for a producer id where there is none. */
    static final long NO_PRODUCER_ID = -1;

    /** Stands for an epoch where there was no marker. */
    static final int NO_EPOCH = -1;

    private static final int OLDER = ENTRY_LENGTH;
    private static final int NEWER = OLDER + Integer.BYTES;
    private static final int SLOT_LENGTH = NEWER + Integer.BYTES + Long.BYTES;

    private static final int SLAB_SHIFT = 10;
    private static final int SLAB_MASK = (1 << SLAB_SHIFT) - 1;
    private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;
    private static final int MIN_INDEX_LENGTH = 1 << 10;

    private final int maxCount;
    private final long expirationMs;
    private UnsafeBuffer[] slabs;
    private int[] index;
    private int count;
    private int usedSlots;
    private int freeSlots = NONE; // chained through NEWER
    private int oldest = NONE;
    private int newest = NONE;
    private int oldestOpen = NONE;
    private int newestOpen = NONE;
    private int openCount;
    private long evictions;
    private long expirations;
    private long highestForgottenId = NO_PRODUCER_ID;

    ProducerTable(final int maxCount, final long expirationMs) {
        this.maxCount = maxCount;
        this.expirationMs = expirationMs;
        this.slabs = new UnsafeBuffer[((maxCount - 1) >> SLAB_SHIFT) + 1];
        this.index = newIndex(MIN_INDEX_LENGTH);
    }

    private static int[] newIndex(final int length) {
        final int[] index = new int[length];
        Arrays.fill(index, NONE);
        return index;
    }

    int count() {
        return count;
    }

    /** Entries that went because the table was full. */
    long evictions() {
        return evictions;
    }

    /** Entries that went because they were not written for too long. */
    long expirations() {
        return expirations;
    }

    /** Slot of an entry or {@link #NONE}; an expired entry is not found. */
    int find(final long producerId, final int partitionIndex, final long nowMs) {
        final int slot = findAny(producerId, partitionIndex);
        return slot != NONE && isExpired(slot, nowMs) ? NONE : slot;
    }

    /**
     * Whether a producer that is not found may have written before: it, or one with a higher id, was forgotten. Ids are
     * given in rising order, so that this is false for those that begin.
     */
    boolean mayBeForgotten(final long producerId, final int partitionIndex) {
        return producerId <= highestForgottenId || findAny(producerId, partitionIndex) != NONE;
    }

    /** Highest id of a producer that was forgotten, or {@link #NO_PRODUCER_ID}. */
    long highestForgottenId() {
        return highestForgottenId;
    }

    /** Producers up to this id may have been forgotten. */
    void onForgotten(final long producerId) {
        highestForgottenId = Math.max(highestForgottenId, producerId);
    }

    private int findAny(final long producerId, final int partitionIndex) {
        final int[] index = this.index;
        final int mask = index.length - 1;
        for (int i = hash(producerId, partitionIndex) & mask; index[i] != NONE; i = (i + 1) & mask) {
            final int slot = index[i];
            final UnsafeBuffer slab = slab(slot);
            final int at = at(slot);
            if (slab.getLong(at + PRODUCER_ID, ORDER) == producerId
                    && slab.getInt(at + PARTITION_INDEX, ORDER) == partitionIndex) {
                return slot;
            }
        }
        return NONE;
    }

    short epoch(final int slot) {
        return slab(slot).getShort(at(slot) + EPOCH, ORDER);
    }

    int batchCount(final int slot) {
        return slab(slot).getByte(at(slot) + BATCH_COUNT);
    }

    /** Sequence of the last record written; -1, which 0 follows, when there is none since the epoch's begin. */
    int lastSequence(final int slot) {
        final int batches = batchCount(slot);
        return batches == 0 ? RecordBatchDescriptor.NO_SEQUENCE : lastSequence(slot, batches - 1);
    }

    private int lastSequence(final int slot, final int batch) {
        final UnsafeBuffer slab = slab(slot);
        final int at = batchAt(slot, batch);
        return Sequences.advance(slab.getInt(at + BASE_SEQUENCE, ORDER), slab.getInt(at + LAST_OFFSET_DELTA, ORDER));
    }

    /** Number of the remembered batch with exactly these sequences, or {@link #NONE}. */
    int findBatch(final int slot, final int baseSequence, final int lastOffsetDelta) {
        final UnsafeBuffer slab = slab(slot);
        for (int batch = 0, end = batchCount(slot); batch < end; batch++) {
            final int at = batchAt(slot, batch);
            if (slab.getInt(at + BASE_SEQUENCE, ORDER) == baseSequence
                    && slab.getInt(at + LAST_OFFSET_DELTA, ORDER) == lastOffsetDelta) {
                return batch;
            }
        }
        return NONE;
    }

    /**
     * Whether the producer has surely written all of a batch with these sequences, before those that are remembered: it
     * has written everything from 0 on. What lies further back than half of all sequences lies ahead: sequences wrap,
     * and the first batches behind that may come before the last ones ahead of it.
     */
    boolean hasWritten(final int slot, final int baseSequence, final int lastOffsetDelta) {
        final byte known = knownSequences(slot);
        if (known == SOME) {
            return false;
        }
        final int oldestSequence = slab(slot).getInt(batchAt(slot, 0) + BASE_SEQUENCE, ORDER);
        final int distance = Sequences.distance(baseSequence, oldestSequence);
        return lastOffsetDelta < distance
                && distance <= MAX_DISTANCE
                && (known == ALL_AND_WRAPPED || baseSequence < oldestSequence);
    }

    private byte knownSequences(final int slot) {
        return slab(slot).getByte(at(slot) + KNOWN_SEQUENCES);
    }

    long baseOffset(final int slot, final int batch) {
        return slab(slot).getLong(batchAt(slot, batch) + BASE_OFFSET, ORDER);
    }

    int batchCrc(final int slot, final int batch) {
        return slab(slot).getInt(batchAt(slot, batch) + BATCH_CRC, ORDER);
    }

    long lastTimeMs(final int slot) {
        return slab(slot).getLong(at(slot) + LAST_TIME_MS, ORDER);
    }

    /** First offset of the transaction that the producer has open in the partition, or {@link #NO_OFFSET}. */
    long transactionFirstOffset(final int slot) {
        return slab(slot).getLong(at(slot) + TRANSACTION_FIRST_OFFSET, ORDER);
    }

    boolean hasOpenTransaction(final int slot) {
        return transactionFirstOffset(slot) != NO_OFFSET;
    }

    /** Epoch of the coordinator that wrote the last marker, or {@link #NO_EPOCH}. */
    int coordinatorEpoch(final int slot) {
        return slab(slot).getInt(at(slot) + COORDINATOR_EPOCH, ORDER);
    }

    /** Entries with an open transaction. */
    int openCount() {
        return openCount;
    }

    /** True when there is no entry that could make room for one with another open transaction. */
    boolean isFullOfTransactions() {
        return openCount >= maxCount;
    }

    private boolean isExpired(final int slot, final long nowMs) {
        return nowMs - lastTimeMs(slot) >= expirationMs && !hasOpenTransaction(slot);
    }

    /** Forgets at most so many of the entries that were not written for too long. */
    void expire(final long nowMs, final int maxSteps) {
        for (int step = 0; step < maxSteps && oldest != NONE && isExpired(oldest, nowMs); step++) {
            remove(oldest);
            expirations++;
        }
    }

    /**
     * Finds or makes the entry that a batch belongs to and makes room in it: the caller fills the batch in with
     * {@link #putBatch}. An expired entry, or one with another epoch, starts anew.
     */
    int append(final long producerId, final int partitionIndex, final short epoch, final long nowMs) {
        final int slot = touch(producerId, partitionIndex, epoch, nowMs);
        final UnsafeBuffer slab = slab(slot);
        final int at = at(slot);
        final int batches = slab.getByte(at + BATCH_COUNT);
        if (batches == PRODUCER_BATCH_COUNT) {
            for (int i = at + BATCHES, end = batchAt(slot, PRODUCER_BATCH_COUNT - 1); i < end; i += Long.BYTES) {
                slab.putLong(i, slab.getLong(i + BATCH_LENGTH));
            }
        } else {
            slab.putByte(at + BATCH_COUNT, (byte) (batches + 1));
        }
        return slot;
    }

    private int touch(final long producerId, final int partitionIndex, final short epoch, final long nowMs) {
        int slot = findAny(producerId, partitionIndex);
        if (slot == NONE) {
            slot = insert(producerId, partitionIndex, 1);
            clear(slot, epoch);
        } else {
            if (isExpired(slot, nowMs)) {
                clear(slot, epoch);
            } else if (epoch(slot) != epoch) {
                clearBatches(slot, epoch);
            }
            unlink(slot);
        }
        linkNewest(slot);
        slab(slot).putLong(at(slot) + LAST_TIME_MS, nowMs, ORDER);
        return slot;
    }

    /** The producer has a transaction open in the partition from this offset on, unless it had one already. */
    void beginTransaction(final int slot, final long firstOffset) {
        if (!hasOpenTransaction(slot)) {
            unlink(slot);
            slab(slot).putLong(at(slot) + TRANSACTION_FIRST_OFFSET, firstOffset, ORDER);
            linkNewest(slot);
        }
    }

    /**
     * A marker ended the producer's transaction in the partition. With a new epoch, that counts from now on.
     *
     * @return first offset of the transaction, or {@link #NO_OFFSET} when none was open.
     */
    long endTransaction(
            final long producerId,
            final int partitionIndex,
            final short epoch,
            final int coordinatorEpoch,
            final long nowMs) {
        final int slot = touch(producerId, partitionIndex, epoch, nowMs);
        final long firstOffset = transactionFirstOffset(slot);
        close(slot);
        slab(slot).putInt(at(slot) + COORDINATOR_EPOCH, coordinatorEpoch, ORDER);
        return firstOffset;
    }

    private void close(final int slot) {
        unlink(slot);
        slab(slot).putLong(at(slot) + TRANSACTION_FIRST_OFFSET, NO_OFFSET, ORDER);
        linkNewest(slot);
        evictTo(Math.max(maxCount, openCount + 1));
    }

    /** Forgets the open transactions of partitions that exist no more: nobody ends them. */
    void dropTransactions(final IntPredicate isGone) {
        int slot = oldestOpen;
        while (slot != NONE) {
            final int following = newer(slot);
            if (isGone.test(partitionIndex(slot))) {
                close(slot);
            }
            slot = following;
        }
    }

    /** Fills in the batch that {@link #append} made room for. */
    void putBatch(
            final int slot,
            final int baseSequence,
            final int lastOffsetDelta,
            final long baseOffset,
            final long nowMs,
            final int batchCrc) {
        final UnsafeBuffer slab = slab(slot);
        final int batch = batchCount(slot) - 1;
        final byte known = knownSequences(slot, batch, baseSequence, lastOffsetDelta);
        slab.putByte(at(slot) + KNOWN_SEQUENCES, known);
        final int at = batchAt(slot, batch);
        slab.putInt(at + BASE_SEQUENCE, baseSequence, ORDER);
        slab.putInt(at + LAST_OFFSET_DELTA, lastOffsetDelta, ORDER);
        slab.putLong(at + BASE_OFFSET, baseOffset, ORDER);
        slab.putLong(at + SEQUENCED_TIME_MS, nowMs, ORDER);
        slab.putInt(at + BATCH_CRC, batchCrc, ORDER);
    }

    private byte knownSequences(final int slot, final int batch, final int baseSequence, final int lastOffsetDelta) {
        if (batch == 0) {
            return baseSequence == 0 ? ALL : SOME;
        }
        final int before = lastSequence(slot, batch - 1);
        if (knownSequences(slot) == SOME || !Sequences.isNext(before, baseSequence)) {
            return SOME;
        }
        return Sequences.advance(baseSequence, lastOffsetDelta) < before ? ALL_AND_WRAPPED : knownSequences(slot);
    }

    /** Slot without an open transaction that was written longest ago, or {@link #NONE}. */
    int oldest() {
        return oldest;
    }

    /** Slot with an open transaction that was written longest ago, or {@link #NONE}. */
    int oldestOpen() {
        return oldestOpen;
    }

    /** When the entry was written that was written last; 0 when there is none. */
    long newestTimeMs() {
        return Math.max(newest == NONE ? 0 : lastTimeMs(newest), newestOpen == NONE ? 0 : lastTimeMs(newestOpen));
    }

    /** Slot of the same kind that was written next after this one, or {@link #NONE}. */
    int newer(final int slot) {
        return slab(slot).getInt(at(slot) + NEWER, ORDER);
    }

    long producerId(final int slot) {
        return slab(slot).getLong(at(slot) + PRODUCER_ID, ORDER);
    }

    int partitionIndex(final int slot) {
        return slab(slot).getInt(at(slot) + PARTITION_INDEX, ORDER);
    }

    /** Copies an entry as it is in the checkpoint. */
    void encode(final int slot, final MutableDirectBuffer target, final int offset) {
        target.putBytes(offset, slab(slot), at(slot), ENTRY_LENGTH);
    }

    /**
     * Adds an entry of a checkpoint, whose checksum was verified, as the newest.
     *
     * @param length {@link #ENTRY_LENGTH}, or {@link #ENTRY_LENGTH_WITHOUT_TRANSACTION}.
     */
    void decode(final DirectBuffer source, final int offset, final int length) {
        final boolean isOpen =
                length == ENTRY_LENGTH && source.getLong(offset + TRANSACTION_FIRST_OFFSET, ORDER) != NO_OFFSET;
        final long producerId = source.getLong(offset + PRODUCER_ID, ORDER);
        final int partitionIndex = source.getInt(offset + PARTITION_INDEX, ORDER);
        final int slot = insert(producerId, partitionIndex, isOpen ? 2 : 1);
        final UnsafeBuffer slab = slab(slot);
        slab.putBytes(at(slot), source, offset, length);
        if (length < ENTRY_LENGTH) {
            final int last = batchAt(slot, batchCount(slot) - 1);
            slab.putLong(at(slot) + LAST_TIME_MS, slab.getLong(last + SEQUENCED_TIME_MS, ORDER), ORDER);
            clearTransaction(slot);
        }
        linkNewest(slot);
    }

    private int insert(final long producerId, final int partitionIndex, final int spare) {
        evictTo(Math.max(maxCount, openCount + spare) - 1);
        if (2 * (count + 1) > index.length) {
            growIndex();
        }
        final int slot = takeSlot();
        slab(slot).putLong(at(slot) + PRODUCER_ID, producerId, ORDER);
        slab(slot).putInt(at(slot) + PARTITION_INDEX, partitionIndex, ORDER);
        putIndex(slot);
        count++;
        return slot;
    }

    /** Entries with open transactions stay, and beside them there is room for one other in any case. */
    private void evictTo(final int limit) {
        while (count > limit && oldest != NONE) {
            remove(oldest);
            evictions++;
        }
    }

    private void clear(final int slot, final short epoch) {
        clearBatches(slot, epoch);
        clearTransaction(slot);
    }

    private void clearBatches(final int slot, final short epoch) {
        final UnsafeBuffer slab = slab(slot);
        final int at = at(slot);
        slab.putShort(at + EPOCH, epoch, ORDER);
        slab.setMemory(at + BATCH_COUNT, LAST_TIME_MS - BATCH_COUNT, (byte) 0);
    }

    private void clearTransaction(final int slot) {
        final UnsafeBuffer slab = slab(slot);
        final int at = at(slot);
        slab.putLong(at + TRANSACTION_FIRST_OFFSET, NO_OFFSET, ORDER);
        slab.putInt(at + COORDINATOR_EPOCH, NO_EPOCH, ORDER);
        slab.putInt(at + COORDINATOR_EPOCH + Integer.BYTES, 0, ORDER);
    }

    private int takeSlot() {
        if (freeSlots != NONE) {
            final int slot = freeSlots;
            freeSlots = newer(slot);
            return slot;
        }
        final int slot = usedSlots++;
        if ((slot & SLAB_MASK) == 0) {
            if (slot >> SLAB_SHIFT == slabs.length) {
                // More open transactions than there may be producers: a log of before the limit was lowered.
                slabs = Arrays.copyOf(slabs, slabs.length + 1);
            }
            slabs[slot >> SLAB_SHIFT] = new UnsafeBuffer(new byte[SLOT_LENGTH << SLAB_SHIFT]);
        }
        return slot;
    }

    private void remove(final int slot) {
        onForgotten(producerId(slot));
        removeIndex(slot);
        unlink(slot);
        slab(slot).putInt(at(slot) + NEWER, freeSlots, ORDER);
        freeSlots = slot;
        count--;
    }

    private void linkNewest(final int slot) {
        final boolean isOpen = hasOpenTransaction(slot);
        final int before = isOpen ? newestOpen : newest;
        final UnsafeBuffer slab = slab(slot);
        slab.putInt(at(slot) + OLDER, before, ORDER);
        slab.putInt(at(slot) + NEWER, NONE, ORDER);
        if (before != NONE) {
            slab(before).putInt(at(before) + NEWER, slot, ORDER);
        }
        if (isOpen) {
            oldestOpen = before == NONE ? slot : oldestOpen;
            newestOpen = slot;
            openCount++;
        } else {
            oldest = before == NONE ? slot : oldest;
            newest = slot;
        }
    }

    private void unlink(final int slot) {
        final UnsafeBuffer slab = slab(slot);
        final int older = slab.getInt(at(slot) + OLDER, ORDER);
        final int newer = slab.getInt(at(slot) + NEWER, ORDER);
        if (older != NONE) {
            slab(older).putInt(at(older) + NEWER, newer, ORDER);
        }
        if (newer != NONE) {
            slab(newer).putInt(at(newer) + OLDER, older, ORDER);
        }
        if (hasOpenTransaction(slot)) {
            oldestOpen = older == NONE ? newer : oldestOpen;
            newestOpen = newer == NONE ? older : newestOpen;
            openCount--;
        } else {
            oldest = older == NONE ? newer : oldest;
            newest = newer == NONE ? older : newest;
        }
    }

    private void growIndex() {
        index = newIndex(2 * index.length);
        putIndexes(oldest);
        putIndexes(oldestOpen);
    }

    private void putIndexes(final int first) {
        for (int slot = first; slot != NONE; slot = newer(slot)) {
            putIndex(slot);
        }
    }

    private void putIndex(final int slot) {
        final int mask = index.length - 1;
        int i = home(slot);
        while (index[i] != NONE) {
            i = (i + 1) & mask;
        }
        index[i] = slot;
    }

    /** Removes from the index and closes the gap, so that probing never meets a tombstone. */
    private void removeIndex(final int slot) {
        final int mask = index.length - 1;
        int gap = home(slot);
        while (index[gap] != slot) {
            gap = (gap + 1) & mask;
        }
        for (int i = (gap + 1) & mask; index[i] != NONE; i = (i + 1) & mask) {
            final int home = home(index[i]);
            // May move into the gap unless its home lies behind the gap, cyclically.
            if (((i - home) & mask) >= ((i - gap) & mask)) {
                index[gap] = index[i];
                gap = i;
            }
        }
        index[gap] = NONE;
    }

    private int home(final int slot) {
        final UnsafeBuffer slab = slab(slot);
        final int at = at(slot);
        final int hash = hash(slab.getLong(at + PRODUCER_ID, ORDER), slab.getInt(at + PARTITION_INDEX, ORDER));
        return hash & (index.length - 1);
    }

    static int hash(final long producerId, final int partitionIndex) {
        long hash = (producerId * 0x9E3779B97F4A7C15L) ^ (partitionIndex * 0xC2B2AE3D27D4EB4FL);
        hash ^= hash >>> 32;
        hash *= 0xD6E8FEB86659FD93L;
        return (int) (hash ^ (hash >>> 32));
    }

    private UnsafeBuffer slab(final int slot) {
        return slabs[slot >> SLAB_SHIFT];
    }

    private static int at(final int slot) {
        return (slot & SLAB_MASK) * SLOT_LENGTH;
    }

    private static int batchAt(final int slot, final int batch) {
        return at(slot) + BATCHES + batch * BATCH_LENGTH;
    }
}
