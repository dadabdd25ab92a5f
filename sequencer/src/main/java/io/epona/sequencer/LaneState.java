package io.epona.sequencer;

import io.epona.codec.ControlBatchDescriptor;
import io.epona.codec.FrameDescriptor;
import io.epona.codec.FrameHandler;
import io.epona.codec.RecordBatchDescriptor;
import io.epona.codec.lane.LaneResult;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import java.util.function.IntPredicate;
import org.agrona.DirectBuffer;

/**
 * What a lane knows: the next offset of each partition, the last batches of each idempotent producer, and the open
 * transactions. The lane, the recovery scan and the checkpoint agent's shadow reach it by the same code,
 * {@link #onFrame}, from the same frames.
 *
 * <p>Owned by one thread; not thread-safe. Allocates nothing in steady state, that is while neither partitions nor
 * producers grow beyond the most there were.
 *
 * <h2>What is forgotten</h2>
 *
 * <p>A producer is forgotten when it has not written for the configured time, and the one that wrote longest ago when
 * the table is full. Time here is the lane's own clock, as it is stamped on the frames, never a record's time stamp: an
 * entry expires at the time of the frame that is being applied, so that all who apply the same frames forget the same
 * producers at the same frame. Where two states still differ (a changed configuration, a checkpoint that left out the
 * producers of deleted partitions), it does no harm: a forgotten producer may go on with any sequence, as in Kafka, and
 * an entry that is remembered longer only refuses what is no continuation of it.
 */
public final class LaneState implements FrameHandler {
    /** Result of {@link #decide}: nothing is known against the batch. */
    private static final LaneResult APPEND = LaneResult.OK;

    private final LaneStateConfig config;
    private final PartitionTable partitions = new PartitionTable();
    private final ProducerTable producers;
    private final EpochHistory epochs = new EpochHistory();
    private long position;
    private long sequencedTimeNs;
    private int leaderEpoch;

    // Set by decide() for a duplicate.
    private long duplicateBaseOffset;
    private boolean duplicateDiffers;

    private final TransactionFences fences = new TransactionFences();
    private TransactionListener transactionListener;

    /**
     * The state of an empty log.
     *
     * @param config sizes.
     */
    public LaneState(final LaneStateConfig config) {
        this.config = config;
        this.producers = new ProducerTable(config.maxProducers(), config.producerExpirationMs());
    }

    /** Sizes. */
    public LaneStateConfig config() {
        return config;
    }

    /** All frames below are applied. */
    public long position() {
        return position;
    }

    /** When the last applied frame was sequenced, ns since the Unix epoch; the next one's time is not before it. */
    public long sequencedTimeNs() {
        return sequencedTimeNs;
    }

    /** Leader epoch of the last applied frame; 0 when there was none. */
    public int leaderEpoch() {
        return leaderEpoch;
    }

    /** Where the leader epochs of the applied frames begin. */
    public EpochHistory epochs() {
        return epochs;
    }

    /** Number of partitions known. */
    public int partitionCount() {
        return partitions.count();
    }

    /** Hands on the index of each partition known. */
    public void forEachPartition(final IntConsumer consumer) {
        for (int slot = 0; slot < partitions.count(); slot++) {
            consumer.accept(partitions.partitionIndex(slot));
        }
    }

    /** Number of producers and partitions remembered. */
    public int producerCount() {
        return producers.count();
    }

    /** Transactions that are open, counted in each partition. */
    public int openTransactionCount() {
        return producers.openCount();
    }

    /** Takes one open transaction in one partition. */
    @FunctionalInterface
    public interface OpenTransactionConsumer {
        /**
         * A transaction.
         *
         * @param partitionIndex of the partition.
         * @param producerId of the transaction.
         * @param firstOffset of the transaction in the partition.
         */
        void accept(int partitionIndex, long producerId, long firstOffset);
    }

    /** Hands on each open transaction, once for each partition that it has written to. */
    public void forEachOpenTransaction(final OpenTransactionConsumer consumer) {
        for (int slot = producers.oldestOpen(); slot != ProducerTable.NONE; slot = producers.newer(slot)) {
            consumer.accept(
                    producers.partitionIndex(slot), producers.producerId(slot), producers.transactionFirstOffset(slot));
        }
    }

    /**
     * Tells of transactions that frames end from now on.
     *
     * @param listener or null for nobody; not part of a {@link #copy}.
     */
    public void transactionListener(final TransactionListener listener) {
        transactionListener = listener;
    }

    /** Producers that were forgotten because there were too many. */
    public long producerEvictions() {
        return producers.evictions();
    }

    /** Producers that were forgotten because they did not write for too long. */
    public long producerExpirations() {
        return producers.expirations();
    }

    /**
     * True when the lane carries the partition.
     *
     * @param partitionIndex of the partition.
     */
    public boolean isOpen(final int partitionIndex) {
        return partitions.find(partitionIndex) != PartitionTable.NONE;
    }

    /**
     * Offset of the partition's next record.
     *
     * @param partitionIndex of a partition that {@link #isOpen}.
     */
    public long nextOffset(final int partitionIndex) {
        return partitions.nextOffset(slotOf(partitionIndex));
    }

    /**
     * Offset of the partition's first record, as far as trim frames moved it.
     *
     * @param partitionIndex of a partition that {@link #isOpen}.
     */
    public long startOffset(final int partitionIndex) {
        return partitions.startOffset(slotOf(partitionIndex));
    }

    private int slotOf(final int partitionIndex) {
        final int slot = partitions.find(partitionIndex);
        if (slot == PartitionTable.NONE) {
            throw new IllegalArgumentException("no such partition in this lane: partitionIndex=" + partitionIndex);
        }
        return slot;
    }

    /**
     * Makes the lane carry a partition; one that it carries already stays as it is.
     *
     * @param partitionIndex of the partition.
     * @return true when it is new.
     */
    public boolean openPartition(final int partitionIndex) {
        if (isOpen(partitionIndex)) {
            return false;
        }
        partitions.add(partitionIndex, 0, 0);
        return true;
    }

    /**
     * Forgets a deleted partition with its open transactions. Its producers are left to expire: an index is never used
     * again, so nothing can meet them.
     *
     * @param partitionIndex of the partition.
     * @return true when it was there.
     */
    public boolean closePartition(final int partitionIndex) {
        producers.dropTransactions(open -> open == partitionIndex);
        return partitions.remove(partitionIndex);
    }

    /**
     * Forgets all partitions but those that exist. Deleting a partition leaves no frame in the log, so frames alone
     * bring deleted ones back: whoever replays (a start, the shadow state) drops them again by this.
     *
     * @param exists tells whether the partition with an index exists now.
     * @return number of partitions that went.
     */
    public int retainPartitions(final IntPredicate exists) {
        producers.dropTransactions(exists.negate());
        return partitions.retain(exists);
    }

    /**
     * Decides about a batch, without changing anything. The rules are those of Kafka's producer state, but for the two
     * that are said to differ:
     *
     * <ul>
     *   <li>A producer that may have been forgotten (expired, or there were too many) may go on with any sequence. One
     *       that has never written must begin with 0: else a batch whose predecessors are refused somewhere, and come
     *       again, would take their place. Kafka demands that from 4.5 on, in partitions without a record.
     *   <li>One of the last five batches again (same epoch, same sequences) is a duplicate, whatever its content.
     *   <li>A lower epoch than the last is fenced.
     *   <li>A higher epoch must begin with sequence 0.
     *   <li>Else the sequence must follow the last one; 0 follows {@link Integer#MAX_VALUE}. What is older than the
     *       batches remembered, and was surely written, is a duplicate whose offset is not known. A client needs that
     *       answer whose batch was appended by a leader that did not live to tell, when it has written more than five
     *       to the next one before it asks again: Kafka's answer, out of order, would have it ask for ever.
     *   <li>A batch of a transaction that has not written to the partition before opens it there, once the coordinator
     *       has been asked. Batches that come too early wait in the same line, whether or not it is open. While one is
     *       open, the producer may write nothing but batches of it.
     *   <li>A marker ends the open transaction, unless a newer coordinator or producer has fenced its writer. When
     *       there is nothing to end it counts as a duplicate: see {@link #onMarkerWithoutTransaction}.
     * </ul>
     *
     * @param partitionIndex that the batch is for.
     * @param buffer with the batch.
     * @param batchOffset of the batch in the buffer.
     * @param nowMs the lane's time, that of the frame if there will be one.
     * @param origin see {@link AppendOrigin}.
     * @return OK: append it. DUPLICATE, DUPLICATE_SEQUENCE: see {@link #duplicateBaseOffset()}. Else the answer.
     */
    LaneResult decide(
            final int partitionIndex,
            final DirectBuffer buffer,
            final int batchOffset,
            final long nowMs,
            final long origin) {
        if (partitions.find(partitionIndex) == PartitionTable.NONE) {
            return LaneResult.UNKNOWN_PARTITION;
        }
        final long producerId = RecordBatchDescriptor.producerId(buffer, batchOffset);
        if (producerId < 0) {
            return APPEND;
        }
        final int slot = producers.find(producerId, partitionIndex, nowMs);
        if (RecordBatchDescriptor.isControl(buffer, batchOffset)) {
            return decideMarker(slot, buffer, batchOffset, origin);
        }
        final LaneResult result = AppendOrigin.isCoordinator(origin)
                ? decideEpoch(slot, buffer, batchOffset)
                : decideSequence(slot, partitionIndex, buffer, batchOffset);
        if (result == LaneResult.OUT_OF_ORDER_SEQUENCE
                && RecordBatchDescriptor.isTransactional(buffer, batchOffset)
                && RecordBatchDescriptor.baseSequence(buffer, batchOffset) >= 0
                && !AppendOrigin.isVerified(origin, fences.generation(producerId, partitionIndex))) {
            // Those before it may be on their way to be verified, though the first one is back already, and has opened
            // the transaction. It belongs behind them: verified batches come in the order in which they were sent.
            return LaneResult.VERIFY_TRANSACTION;
        }
        return result == APPEND ? decideTransaction(slot, partitionIndex, buffer, batchOffset, origin) : result;
    }

    private LaneResult decideEpoch(final int slot, final DirectBuffer buffer, final int batchOffset) {
        final boolean isFenced = slot != ProducerTable.NONE
                && RecordBatchDescriptor.producerEpoch(buffer, batchOffset) < producers.epoch(slot);
        return isFenced ? LaneResult.INVALID_PRODUCER_EPOCH : APPEND;
    }

    private LaneResult decideSequence(
            final int slot, final int partitionIndex, final DirectBuffer buffer, final int batchOffset) {
        final int baseSequence = RecordBatchDescriptor.baseSequence(buffer, batchOffset);
        if (baseSequence < 0) {
            return LaneResult.OUT_OF_ORDER_SEQUENCE;
        }
        if (slot != ProducerTable.NONE) {
            return decideKnown(slot, buffer, batchOffset, baseSequence);
        }
        final long producerId = RecordBatchDescriptor.producerId(buffer, batchOffset);
        return baseSequence == 0 || producers.mayBeForgotten(producerId, partitionIndex)
                ? APPEND
                : LaneResult.OUT_OF_ORDER_SEQUENCE;
    }

    private LaneResult decideTransaction(
            final int slot,
            final int partitionIndex,
            final DirectBuffer buffer,
            final int batchOffset,
            final long origin) {
        final boolean isOpen = slot != ProducerTable.NONE && producers.hasOpenTransaction(slot);
        if (!RecordBatchDescriptor.isTransactional(buffer, batchOffset)) {
            return isOpen ? LaneResult.INVALID_TRANSACTION_STATE : APPEND;
        }
        if (isOpen && RecordBatchDescriptor.producerEpoch(buffer, batchOffset) == producers.epoch(slot)) {
            return APPEND;
        }
        final long producerId = RecordBatchDescriptor.producerId(buffer, batchOffset);
        final boolean isKnownToCoordinator = AppendOrigin.isCoordinator(origin)
                || AppendOrigin.isVerified(origin, fences.generation(producerId, partitionIndex));
        if (!isKnownToCoordinator) {
            return LaneResult.VERIFY_TRANSACTION;
        }
        // The one of an older epoch must be ended first, or this one would end it with its own outcome.
        return isOpen || producers.isFullOfTransactions() ? LaneResult.INVALID_TRANSACTION_STATE : APPEND;
    }

    private LaneResult decideMarker(
            final int slot, final DirectBuffer buffer, final int batchOffset, final long origin) {
        if (ControlBatchDescriptor.type(buffer, batchOffset) == ControlBatchDescriptor.TYPE_UNKNOWN) {
            return LaneResult.INVALID_TRANSACTION_STATE;
        }
        final boolean isOpen = slot != ProducerTable.NONE && producers.hasOpenTransaction(slot);
        if (slot != ProducerTable.NONE) {
            final short epoch = RecordBatchDescriptor.producerEpoch(buffer, batchOffset);
            final short lastEpoch = producers.epoch(slot);
            // The largest epoch has none above it: a transaction that uses it all the same must be ended somehow.
            final boolean isLate = AppendOrigin.isBumped(origin) && isOpen && epoch == lastEpoch;
            if (epoch < lastEpoch || isLate && epoch != Short.MAX_VALUE) {
                return LaneResult.INVALID_PRODUCER_EPOCH;
            }
            if (ControlBatchDescriptor.coordinatorEpoch(buffer, batchOffset) < producers.coordinatorEpoch(slot)) {
                return LaneResult.COORDINATOR_FENCED;
            }
        }
        if (isOpen || AppendOrigin.isCoordinator(origin)) {
            return APPEND;
        }
        duplicateBaseOffset = ProducerTable.NO_OFFSET;
        duplicateDiffers = false;
        return LaneResult.DUPLICATE;
    }

    /**
     * What {@link #decide} was told by {@link AppendOrigin#verified} to allow a batch, as long as no marker comes
     * between.
     *
     * @param partitionIndex of the partition.
     * @param producerId of the transaction.
     */
    int verification(final int partitionIndex, final long producerId) {
        return fences.generation(producerId, partitionIndex);
    }

    /**
     * A marker found no transaction to end in the partition, so it is not written: readers of some clients take one
     * without a transaction for an error. Batches of the transaction that are on their way are refused all the same.
     *
     * @param partitionIndex of the partition.
     * @param producerId of the transaction.
     */
    void onMarkerWithoutTransaction(final int partitionIndex, final long producerId) {
        fences.onEnded(producerId, partitionIndex);
    }

    private LaneResult decideKnown(
            final int slot, final DirectBuffer buffer, final int batchOffset, final int baseSequence) {
        final short epoch = RecordBatchDescriptor.producerEpoch(buffer, batchOffset);
        final short lastEpoch = producers.epoch(slot);
        if (epoch < lastEpoch) {
            return LaneResult.INVALID_PRODUCER_EPOCH;
        }
        if (epoch > lastEpoch) {
            return baseSequence == 0 ? APPEND : LaneResult.OUT_OF_ORDER_SEQUENCE;
        }
        if (Sequences.isNext(producers.lastSequence(slot), baseSequence)) {
            return APPEND;
        }
        final int lastOffsetDelta = RecordBatchDescriptor.lastOffsetDelta(buffer, batchOffset);
        final int batch = producers.findBatch(slot, baseSequence, lastOffsetDelta);
        if (batch == ProducerTable.NONE) {
            duplicateBaseOffset = ProducerTable.NO_OFFSET;
            duplicateDiffers = false;
            return producers.hasWritten(slot, baseSequence, lastOffsetDelta)
                    ? LaneResult.DUPLICATE_SEQUENCE
                    : LaneResult.OUT_OF_ORDER_SEQUENCE;
        }
        duplicateBaseOffset = producers.baseOffset(slot, batch);
        duplicateDiffers = producers.batchCrc(slot, batch) != RecordBatchDescriptor.crc(buffer, batchOffset);
        return LaneResult.DUPLICATE;
    }

    /** Offset that the batch got the first time, or -1; valid after {@link #decide} said that it is a duplicate. */
    long duplicateBaseOffset() {
        return duplicateBaseOffset;
    }

    /** True when the duplicate's content is another one; valid after {@link #decide} said that it is a duplicate. */
    boolean duplicateDiffers() {
        return duplicateDiffers;
    }

    /**
     * Applies a frame. One below {@link #position()} was applied before and is left out.
     *
     * @throws IllegalStateException when the frame does not continue its partition, so when the log has a gap.
     */
    @Override
    public void onFrame(final DirectBuffer buffer, final int offset, final int frameLength, final long position) {
        if (position < this.position) {
            return;
        }
        switch (FrameDescriptor.type(buffer, offset)) {
            case FrameDescriptor.TYPE_RECORDS -> applyRecords(buffer, offset, position);
            case FrameDescriptor.TYPE_TRIM -> applyTrim(buffer, offset);
            default -> {
                // Epoch start and padding change nothing but what is common to all frames.
            }
        }
        sequencedTimeNs = Math.max(sequencedTimeNs, FrameDescriptor.sequencedTimeNs(buffer, offset));
        final int frameEpoch = FrameDescriptor.leaderEpoch(buffer, offset);
        if (frameEpoch != leaderEpoch) {
            epochs.onFrame(frameEpoch, position);
            leaderEpoch = frameEpoch;
        }
        // Not what is skipped at the end of a span: frames of an earlier start may have been laid out for another span.
        this.position = position + FrameDescriptor.alignedLength(frameLength);
    }

    private void applyRecords(final DirectBuffer buffer, final int offset, final long position) {
        final int partitionIndex = FrameDescriptor.partitionIndex(buffer, offset);
        final long baseOffset = FrameDescriptor.baseOffset(buffer, offset);
        final long nextOffset = baseOffset + FrameDescriptor.lastOffsetDelta(buffer, offset) + 1;
        final int slot = partitions.find(partitionIndex);
        if (slot == PartitionTable.NONE) {
            partitions.add(partitionIndex, nextOffset, 0);
        } else if (partitions.nextOffset(slot) == baseOffset) {
            partitions.nextOffset(slot, nextOffset);
        } else {
            throw gap(partitionIndex, partitions.nextOffset(slot), baseOffset, position);
        }
        final int batchOffset = offset + FrameDescriptor.PAYLOAD_OFFSET;
        final long producerId = RecordBatchDescriptor.producerId(buffer, batchOffset);
        final long nowMs = toMs(FrameDescriptor.sequencedTimeNs(buffer, offset));
        producers.expire(nowMs, LaneLimits.EXPIRIES_PER_FRAME);
        if (producerId < 0) {
            return;
        }
        final int attributes = RecordBatchDescriptor.attributes(buffer, batchOffset);
        if ((attributes & RecordBatchDescriptor.CONTROL_FLAG) != 0) {
            applyMarker(buffer, batchOffset, partitionIndex, position, nowMs);
        } else {
            final short epoch = RecordBatchDescriptor.producerEpoch(buffer, batchOffset);
            final int producer = producers.append(producerId, partitionIndex, epoch, nowMs);
            producers.putBatch(
                    producer,
                    RecordBatchDescriptor.baseSequence(buffer, batchOffset),
                    RecordBatchDescriptor.lastOffsetDelta(buffer, batchOffset),
                    baseOffset,
                    nowMs,
                    RecordBatchDescriptor.crc(buffer, batchOffset));
            if ((attributes & RecordBatchDescriptor.TRANSACTIONAL_FLAG) != 0) {
                producers.beginTransaction(producer, baseOffset);
            }
        }
    }

    private void applyMarker(
            final DirectBuffer buffer,
            final int batchOffset,
            final int partitionIndex,
            final long position,
            final long nowMs) {
        if (ControlBatchDescriptor.type(buffer, batchOffset) == ControlBatchDescriptor.TYPE_UNKNOWN) {
            return;
        }
        final long producerId = RecordBatchDescriptor.producerId(buffer, batchOffset);
        final long firstOffset = producers.endTransaction(
                producerId,
                partitionIndex,
                RecordBatchDescriptor.producerEpoch(buffer, batchOffset),
                ControlBatchDescriptor.coordinatorEpoch(buffer, batchOffset),
                nowMs);
        fences.onEnded(producerId, partitionIndex);
        if (null != transactionListener && firstOffset != ProducerTable.NO_OFFSET) {
            transactionListener.onEnded(
                    partitionIndex,
                    producerId,
                    firstOffset,
                    RecordBatchDescriptor.baseOffset(buffer, batchOffset),
                    position);
        }
    }

    private static IllegalStateException gap(
            final int partitionIndex, final long nextOffset, final long baseOffset, final long position) {
        return new IllegalStateException("frame does not continue its partition: partitionIndex=" + partitionIndex
                + ", nextOffset=" + nextOffset + ", baseOffset=" + baseOffset + ", position=" + position);
    }

    private void applyTrim(final DirectBuffer buffer, final int offset) {
        final int partitionIndex = FrameDescriptor.partitionIndex(buffer, offset);
        final long startOffset = FrameDescriptor.baseOffset(buffer, offset);
        final int slot = partitions.find(partitionIndex);
        if (slot == PartitionTable.NONE) {
            partitions.add(partitionIndex, startOffset, startOffset);
        } else {
            partitions.startOffset(slot, Math.max(partitions.startOffset(slot), startOffset));
            partitions.nextOffset(slot, Math.max(partitions.nextOffset(slot), startOffset));
        }
    }

    /** The milliseconds of a frame's time: what producers expire by. */
    static long toMs(final long sequencedTimeNs) {
        return TimeUnit.NANOSECONDS.toMillis(sequencedTimeNs);
    }

    /** A second state, equal to this one: the shadow of a lane. */
    public LaneState copy() {
        return CheckpointCodec.copy(this);
    }

    PartitionTable partitions() {
        return partitions;
    }

    ProducerTable producers() {
        return producers;
    }

    /** Completes a state that was read from a checkpoint. */
    void restored(final long position, final int leaderEpoch, final long sequencedTimeNs) {
        this.position = position;
        this.leaderEpoch = leaderEpoch;
        this.sequencedTimeNs = sequencedTimeNs;
    }
}
