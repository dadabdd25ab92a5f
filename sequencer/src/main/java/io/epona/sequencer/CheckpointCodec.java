package io.epona.sequencer;

import io.epona.codec.Crc32c;
import io.epona.codec.FrameDescriptor;
import io.epona.codec.checkpoint.CheckpointHeaderDecoder;
import io.epona.codec.checkpoint.CheckpointHeaderEncoder;
import io.epona.codec.checkpoint.EpochEntryDecoder;
import io.epona.codec.checkpoint.EpochEntryEncoder;
import io.epona.codec.checkpoint.ForgottenProducersDecoder;
import io.epona.codec.checkpoint.ForgottenProducersEncoder;
import io.epona.codec.checkpoint.PartitionEntryDecoder;
import io.epona.codec.checkpoint.PartitionEntryEncoder;
import io.epona.codec.checkpoint.ProducerEntryDecoder;
import io.epona.journal.CheckpointHeaderValidator;
import io.epona.sequencer.CheckpointException.Reason;
import java.util.concurrent.TimeUnit;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Writes a {@link LaneState} as a checkpoint and reads it back; layout in the schema {@code epona-checkpoint.xml}.
 * Static and stateless. Producers are written in the order in which they wrote last, which restores the order in which
 * they are forgotten, first those without an open transaction.
 */
public final class CheckpointCodec {
    /** Layout that is written, and the newest that is read. */
    public static final int FORMAT_VERSION = CheckpointHeaderValidator.FORMAT_VERSION;

    private static final long MAGIC = CheckpointHeaderValidator.MAGIC;
    private static final int HEADER_LENGTH = CheckpointHeaderEncoder.BLOCK_LENGTH;
    private static final int PARTITION_LENGTH = PartitionEntryEncoder.BLOCK_LENGTH;
    private static final int PRODUCER_LENGTH = ProducerTable.ENTRY_LENGTH;
    private static final int EPOCH_LENGTH = EpochEntryEncoder.BLOCK_LENGTH;
    private static final int FORGOTTEN_LENGTH = ForgottenProducersEncoder.BLOCK_LENGTH;
    private static final int VERSION_WITHOUT_EPOCHS = 1;
    private static final int LAST_VERSION_WITHOUT_TRANSACTIONS = 2;
    private static final int LAST_VERSION_WITHOUT_FORGOTTEN = 3;
    private static final int CRC_START_OFFSET = CheckpointHeaderEncoder.formatVersionEncodingOffset();

    private CheckpointCodec() {}

    /** Bytes that the state takes as a checkpoint. */
    public static int encodedLength(final LaneState state) {
        return Math.toIntExact(FORGOTTEN_LENGTH
                + length(
                        state.partitionCount(),
                        state.producerCount(),
                        PRODUCER_LENGTH,
                        state.epochs().count()));
    }

    private static int forgottenLength(final CheckpointHeaderDecoder header) {
        return header.formatVersion() <= LAST_VERSION_WITHOUT_FORGOTTEN ? 0 : FORGOTTEN_LENGTH;
    }

    private static int producerLength(final CheckpointHeaderDecoder header) {
        return header.formatVersion() <= LAST_VERSION_WITHOUT_TRANSACTIONS
                ? ProducerTable.ENTRY_LENGTH_WITHOUT_TRANSACTION
                : PRODUCER_LENGTH;
    }

    private static long length(
            final int partitionCount, final int producerCount, final int producerLength, final int epochCount) {
        return HEADER_LENGTH
                + (long) partitionCount * PARTITION_LENGTH
                + (long) producerCount * producerLength
                + (long) epochCount * EPOCH_LENGTH;
    }

    /**
     * Writes a checkpoint.
     *
     * @param state to write.
     * @param identity of the lane.
     * @param position of the log up to which frames are applied to the state; durable.
     * @param shelvedPosition up to which frames are flushed in the partition logs; not above {@code position}.
     * @param cleanShutdown true when {@code position} is the log's end and nothing follows.
     * @param target expandable, or of at least {@link #encodedLength}.
     * @return bytes written from offset 0 on.
     */
    public static int encode(
            final LaneState state,
            final LaneIdentity identity,
            final long position,
            final long shelvedPosition,
            final boolean cleanShutdown,
            final MutableDirectBuffer target) {
        // A state is past what is skipped at the end of a span, a position may be before it.
        final long framePosition =
                FrameDescriptor.framePosition(position, state.config().spanLength());
        if (shelvedPosition > position || framePosition < state.position()) {
            throw new IllegalArgumentException("positions contradict each other: position=" + position
                    + ", shelvedPosition=" + shelvedPosition + ", statePosition=" + state.position());
        }
        final int length = encodedLength(state);
        target.checkLimit(length);
        final int producersOffset = encodePartitions(state.partitions(), target, HEADER_LENGTH);
        encodeEpochs(state.epochs(), target, encodeProducers(state.producers(), target, producersOffset));
        new ForgottenProducersEncoder()
                .wrap(target, length - FORGOTTEN_LENGTH)
                .highestProducerId(state.producers().highestForgottenId());
        final CheckpointHeaderEncoder header = new CheckpointHeaderEncoder().wrap(target, 0);
        header.magic(MAGIC)
                .formatVersion(FORMAT_VERSION)
                .laneId(identity.laneId())
                .clusterIdHigh(identity.clusterIdHigh())
                .clusterIdLow(identity.clusterIdLow())
                .position(position)
                .shelvedPosition(shelvedPosition)
                .leaderEpoch(state.leaderEpoch())
                .partitionCount(state.partitionCount())
                .producerCount(state.producerCount())
                .cleanShutdown(cleanShutdown ? 1 : 0)
                .epochCount(state.epochs().count())
                .crc(crc(target, length));
        return length;
    }

    private static long crc(final DirectBuffer buffer, final int length) {
        final int crc = new Crc32c().compute(buffer, CRC_START_OFFSET, length - CRC_START_OFFSET);
        return Integer.toUnsignedLong(crc);
    }

    private static int encodePartitions(
            final PartitionTable partitions, final MutableDirectBuffer target, final int startOffset) {
        final PartitionEntryEncoder entry = new PartitionEntryEncoder();
        int offset = startOffset;
        for (int slot = 0; slot < partitions.count(); slot++) {
            entry.wrap(target, offset)
                    .partitionIndex(partitions.partitionIndex(slot))
                    .reserved(0)
                    .nextOffset(partitions.nextOffset(slot))
                    .startOffset(partitions.startOffset(slot));
            offset += PARTITION_LENGTH;
        }
        return offset;
    }

    private static int encodeProducers(
            final ProducerTable producers, final MutableDirectBuffer target, final int startOffset) {
        final int openOffset = encodeProducers(producers, producers.oldest(), target, startOffset);
        return encodeProducers(producers, producers.oldestOpen(), target, openOffset);
    }

    private static int encodeProducers(
            final ProducerTable producers, final int first, final MutableDirectBuffer target, final int startOffset) {
        int offset = startOffset;
        for (int slot = first; slot != ProducerTable.NONE; slot = producers.newer(slot)) {
            producers.encode(slot, target, offset);
            offset += PRODUCER_LENGTH;
        }
        return offset;
    }

    private static void encodeEpochs(
            final EpochHistory epochs, final MutableDirectBuffer target, final int startOffset) {
        final EpochEntryEncoder entry = new EpochEntryEncoder();
        for (int i = 0; i < epochs.count(); i++) {
            entry.wrap(target, startOffset + i * EPOCH_LENGTH)
                    .epoch(epochs.epoch(i))
                    .reserved(0)
                    .startPosition(epochs.startPosition(i));
        }
    }

    /**
     * Reads a checkpoint.
     *
     * @param source with the checkpoint from offset 0 on.
     * @param length of the checkpoint, bytes.
     * @param identity of the lane that is to start from it.
     * @param config of the state. When it remembers fewer producers, those that wrote longest ago are left out.
     * @return state and positions.
     * @throws CheckpointException when the lane may not start from it.
     */
    public static Checkpoint decode(
            final DirectBuffer source, final int length, final LaneIdentity identity, final LaneStateConfig config) {
        final CheckpointHeaderDecoder header = new CheckpointHeaderDecoder();
        check(header, source, length, identity);
        final LaneState state = new LaneState(config);
        final int producersOffset = decodePartitions(state.partitions(), header.partitionCount(), source);
        decodeProducers(state.producers(), header, source, producersOffset);
        state.producers().onForgotten(highestForgottenId(header, source, length));
        decodeEpochs(state.epochs(), header, source, producersOffset + header.producerCount() * producerLength(header));
        final long newestTimeMs = state.producers().newestTimeMs();
        state.restored(header.position(), header.leaderEpoch(), TimeUnit.MILLISECONDS.toNanos(newestTimeMs));
        return new Checkpoint(state, header.position(), header.shelvedPosition(), header.cleanShutdown() == 1);
    }

    private static long highestForgottenId(
            final CheckpointHeaderDecoder header, final DirectBuffer source, final int length) {
        return forgottenLength(header) == 0
                ? Long.MAX_VALUE
                : new ForgottenProducersDecoder()
                        .wrap(source, length - FORGOTTEN_LENGTH, FORGOTTEN_LENGTH, FORMAT_VERSION)
                        .highestProducerId();
    }

    /**
     * Checks everything but the entries' content, without making a state.
     *
     * @param source with the checkpoint from offset 0 on.
     * @param length of the checkpoint, bytes.
     * @param identity of the lane that is to start from it.
     * @throws CheckpointException when the lane may not start from it.
     */
    public static void check(final DirectBuffer source, final int length, final LaneIdentity identity) {
        check(new CheckpointHeaderDecoder(), source, length, identity);
    }

    private static void check(
            final CheckpointHeaderDecoder header,
            final DirectBuffer source,
            final int length,
            final LaneIdentity identity) {
        if (length < HEADER_LENGTH || length > source.capacity()) {
            throw new CheckpointException(Reason.NO_CHECKPOINT, "checkpoint shorter than its header: length=" + length);
        }
        header.wrap(source, 0, HEADER_LENGTH, FORMAT_VERSION);
        if (header.magic() != MAGIC) {
            throw new CheckpointException(
                    Reason.NO_CHECKPOINT, "no checkpoint: magic=0x" + Long.toHexString(header.magic()));
        }
        if (header.crc() != crc(source, length)) {
            throw new CheckpointException(Reason.DAMAGED, "checkpoint is damaged: checksum differs, length=" + length);
        }
        if (header.formatVersion() < VERSION_WITHOUT_EPOCHS || header.formatVersion() > FORMAT_VERSION) {
            throw new CheckpointException(
                    Reason.NEWER_FORMAT,
                    "checkpoint of another format: formatVersion=" + header.formatVersion() + ", newest known="
                            + FORMAT_VERSION);
        }
        checkIdentity(header, identity);
        checkContent(header, length);
    }

    private static void checkIdentity(final CheckpointHeaderDecoder header, final LaneIdentity identity) {
        final LaneIdentity found = new LaneIdentity(header.laneId(), header.clusterIdHigh(), header.clusterIdLow());
        if (!found.equals(identity)) {
            throw new CheckpointException(
                    Reason.FOREIGN, "checkpoint of another lane: found=" + found + ", expected=" + identity);
        }
    }

    private static void checkContent(final CheckpointHeaderDecoder header, final int length) {
        final boolean plausible = header.partitionCount() >= 0
                && header.producerCount() >= 0
                && length(header.partitionCount(), header.producerCount(), producerLength(header), header.epochCount())
                        == length - forgottenLength(header)
                && header.shelvedPosition() >= 0
                && header.shelvedPosition() <= header.position();
        if (!plausible) {
            throw new CheckpointException(
                    Reason.DAMAGED,
                    "checkpoint contradicts itself: length=" + length + ", partitionCount=" + header.partitionCount()
                            + ", producerCount=" + header.producerCount() + ", position=" + header.position()
                            + ", shelvedPosition=" + header.shelvedPosition());
        }
    }

    private static int decodePartitions(
            final PartitionTable partitions, final int partitionCount, final DirectBuffer source) {
        final PartitionEntryDecoder entry = new PartitionEntryDecoder();
        int offset = HEADER_LENGTH;
        for (int i = 0; i < partitionCount; i++) {
            entry.wrap(source, offset, PARTITION_LENGTH, FORMAT_VERSION);
            if (partitions.find(entry.partitionIndex()) != PartitionTable.NONE) {
                throw new CheckpointException(
                        Reason.DAMAGED, "checkpoint names a partition twice: partitionIndex=" + entry.partitionIndex());
            }
            partitions.add(entry.partitionIndex(), entry.nextOffset(), entry.startOffset());
            offset += PARTITION_LENGTH;
        }
        return offset;
    }

    private static void decodeProducers(
            final ProducerTable producers,
            final CheckpointHeaderDecoder header,
            final DirectBuffer source,
            final int startOffset) {
        final ProducerEntryDecoder entry = new ProducerEntryDecoder();
        final int entryLength = producerLength(header);
        final int minBatchCount = entryLength == PRODUCER_LENGTH ? 0 : 1;
        int offset = startOffset;
        for (int i = 0; i < header.producerCount(); i++) {
            entry.wrap(source, offset, PRODUCER_LENGTH, FORMAT_VERSION);
            if (entry.batchCount() < minBatchCount || entry.batchCount() > LaneLimits.PRODUCER_BATCH_COUNT) {
                throw new CheckpointException(
                        Reason.DAMAGED,
                        "checkpoint has a producer with an impossible number of batches: producerId="
                                + entry.producerId() + ", batchCount=" + entry.batchCount());
            }
            producers.decode(source, offset, entryLength);
            offset += entryLength;
        }
    }

    private static void decodeEpochs(
            final EpochHistory epochs,
            final CheckpointHeaderDecoder header,
            final DirectBuffer source,
            final int startOffset) {
        if (header.formatVersion() == VERSION_WITHOUT_EPOCHS && header.leaderEpoch() > 0) {
            epochs.onFrame(header.leaderEpoch(), 0);
        }
        final EpochEntryDecoder entry = new EpochEntryDecoder();
        for (int i = 0; i < header.epochCount(); i++) {
            entry.wrap(source, startOffset + i * EPOCH_LENGTH, EPOCH_LENGTH, FORMAT_VERSION);
            final boolean continues = entry.epoch() > epochs.lastEpoch() && entry.startPosition() < header.position();
            if (!continues) {
                throw new CheckpointException(
                        Reason.DAMAGED,
                        "checkpoint has a leader epoch where none can begin: epoch=" + entry.epoch()
                                + ", startPosition=" + entry.startPosition() + ", position=" + header.position());
            }
            epochs.onFrame(entry.epoch(), entry.startPosition());
        }
    }

    static LaneState copy(final LaneState state) {
        final LaneIdentity identity = new LaneIdentity(0, 0, 0);
        final ExpandableArrayBuffer buffer = new ExpandableArrayBuffer(encodedLength(state));
        final int length = encode(state, identity, state.position(), state.position(), false, buffer);
        final LaneState copy = decode(buffer, length, identity, state.config()).state();
        copy.restored(state.position(), state.leaderEpoch(), state.sequencedTimeNs());
        return copy;
    }
}
