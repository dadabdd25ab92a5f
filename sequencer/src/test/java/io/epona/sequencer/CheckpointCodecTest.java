package io.epona.sequencer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.codec.Crc32c;
import io.epona.codec.checkpoint.CheckpointHeaderEncoder;
import io.epona.codec.checkpoint.EpochEntryEncoder;
import io.epona.codec.checkpoint.ForgottenProducersEncoder;
import io.epona.codec.checkpoint.ProducerEntryEncoder;
import io.epona.codec.lane.LaneResult;
import java.nio.ByteOrder;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class CheckpointCodecTest {
    private static final LaneIdentity IDENTITY = new LaneIdentity(3, 0x1122334455667788L, 0x99AABBCCDDEEFF00L);
    private static final LaneStateConfig CONFIG = new LaneStateConfig(LogScript.SPAN_LENGTH, 100, 60_000);

    private static final int FORGOTTEN_LENGTH = ForgottenProducersEncoder.BLOCK_LENGTH;

    private final LaneState state = new LaneState(CONFIG);

    private UnsafeBuffer encodeFilled(final boolean cleanShutdown) {
        final LogScript log = new LogScript();
        state.openPartition(1);
        state.openPartition(5);
        for (int i = 0; i < 8; i++) {
            log.offer(state, 1, Batches.idempotent(77, 1, i, 1), 1000 + i);
        }
        log.offer(state, 5, Batches.plain(3, 20), 2000);
        return encode(cleanShutdown);
    }

    private UnsafeBuffer encode(final boolean cleanShutdown) {
        final UnsafeBuffer buffer = new UnsafeBuffer(new byte[CheckpointCodec.encodedLength(state)]);
        final int length = CheckpointCodec.encode(state, IDENTITY, state.position(), 64, cleanShutdown, buffer);
        assertEquals(buffer.capacity(), length);
        return buffer;
    }

    private static void restamp(final UnsafeBuffer buffer) {
        final int start = CheckpointHeaderEncoder.formatVersionEncodingOffset();
        final int crc = new Crc32c().compute(buffer, start, buffer.capacity() - start);
        buffer.putInt(CheckpointHeaderEncoder.crcEncodingOffset(), crc, ByteOrder.LITTLE_ENDIAN);
    }

    private static CheckpointException.Reason refusalOf(final UnsafeBuffer buffer, final LaneIdentity identity) {
        final CheckpointException ex = assertThrows(
                CheckpointException.class, () -> CheckpointCodec.decode(buffer, buffer.capacity(), identity, CONFIG));
        return ex.reason();
    }

    @Test
    void shouldReadBackWhatWasWrittenWhenAStateIsEncoded() {
        final UnsafeBuffer buffer = encodeFilled(true);
        final Checkpoint checkpoint = CheckpointCodec.decode(buffer, buffer.capacity(), IDENTITY, CONFIG);
        assertEquals(state.position(), checkpoint.position());
        assertEquals(64, checkpoint.shelvedPosition());
        assertTrue(checkpoint.cleanShutdown());
        assertArrayEquals(LogScript.bytesOf(state), LogScript.bytesOf(checkpoint.state()));
        assertEquals(8, checkpoint.state().nextOffset(1));
        assertEquals(3, checkpoint.state().nextOffset(5));
        assertEquals(
                LaneResult.DUPLICATE,
                checkpoint.state().decide(1, Batches.idempotent(77, 1, 4, 1), 0, 3000, AppendOrigin.CLIENT));
        assertEquals(4, checkpoint.state().duplicateBaseOffset());
    }

    @Test
    void shouldReadBackAnEmptyStateWhenNothingHappened() {
        state.openPartition(0);
        state.closePartition(0);
        final UnsafeBuffer buffer = new UnsafeBuffer(new byte[CheckpointCodec.encodedLength(state)]);
        CheckpointCodec.encode(state, IDENTITY, 0, 0, false, buffer);
        final Checkpoint checkpoint = CheckpointCodec.decode(buffer, buffer.capacity(), IDENTITY, CONFIG);
        assertEquals(0, checkpoint.state().partitionCount());
        assertFalse(checkpoint.cleanShutdown());
    }

    @Test
    void shouldRefuseWhenAnyByteIsDamaged() {
        final UnsafeBuffer intact = encodeFilled(false);
        for (int i = 0; i < intact.capacity(); i++) {
            final UnsafeBuffer damaged = new UnsafeBuffer(intact.byteArray().clone());
            damaged.putByte(i, (byte) (damaged.getByte(i) ^ 0x10));
            refusalOf(damaged, IDENTITY);
        }
    }

    @Test
    void shouldRefuseWhenItEndsEarly() {
        final UnsafeBuffer intact = encodeFilled(false);
        for (int length = 0; length < intact.capacity(); length++) {
            final int cut = length;
            assertThrows(CheckpointException.class, () -> CheckpointCodec.decode(intact, cut, IDENTITY, CONFIG));
        }
    }

    @Test
    void shouldSayWhatToDoWhenItRefuses() {
        final UnsafeBuffer magic = encodeFilled(false);
        magic.putLong(0, 42);
        assertEquals(CheckpointException.Reason.NO_CHECKPOINT, refusalOf(magic, IDENTITY));

        final UnsafeBuffer newer = encode(false);
        newer.putShort(
                CheckpointHeaderEncoder.formatVersionEncodingOffset(),
                (short) (CheckpointCodec.FORMAT_VERSION + 1),
                ByteOrder.LITTLE_ENDIAN);
        restamp(newer);
        assertEquals(CheckpointException.Reason.NEWER_FORMAT, refusalOf(newer, IDENTITY));

        final UnsafeBuffer good = encode(false);
        final LaneIdentity otherLane = new LaneIdentity(4, IDENTITY.clusterIdHigh(), IDENTITY.clusterIdLow());
        assertEquals(CheckpointException.Reason.FOREIGN, refusalOf(good, otherLane));
        final LaneIdentity otherCluster = new LaneIdentity(3, IDENTITY.clusterIdHigh(), 1);
        assertEquals(CheckpointException.Reason.FOREIGN, refusalOf(good, otherCluster));
    }

    @Test
    void shouldRefuseWhenCountsOrPositionsContradictTheLength() {
        final UnsafeBuffer counts = encodeFilled(false);
        counts.putInt(CheckpointHeaderEncoder.producerCountEncodingOffset(), 1 << 28, ByteOrder.LITTLE_ENDIAN);
        restamp(counts);
        assertEquals(CheckpointException.Reason.DAMAGED, refusalOf(counts, IDENTITY));

        final UnsafeBuffer shelved = encode(false);
        shelved.putLong(CheckpointHeaderEncoder.shelvedPositionEncodingOffset(), 1L << 40, ByteOrder.LITTLE_ENDIAN);
        restamp(shelved);
        assertEquals(CheckpointException.Reason.DAMAGED, refusalOf(shelved, IDENTITY));

        final UnsafeBuffer batches = encode(false);
        final int producer = batches.capacity()
                - FORGOTTEN_LENGTH
                - state.epochs().count() * EpochEntryEncoder.BLOCK_LENGTH
                - ProducerEntryEncoder.BLOCK_LENGTH;
        batches.putByte(producer + ProducerEntryEncoder.batchCountEncodingOffset(), (byte) 6);
        restamp(batches);
        assertEquals(CheckpointException.Reason.DAMAGED, refusalOf(batches, IDENTITY));
    }

    @Test
    void shouldKeepTheLeaderEpochsOfTheLog() {
        encodeFilled(false);
        state.epochs().onFrame(3, state.position() - 200);
        state.epochs().onFrame(7, state.position() - 100);
        final UnsafeBuffer buffer = encode(false);
        final EpochHistory read = CheckpointCodec.decode(buffer, buffer.capacity(), IDENTITY, state.config())
                .state()
                .epochs();
        assertEquals(state.epochs().toString(), read.toString());
        assertEquals(3, read.count());
        assertEquals(state.position() - 200, read.endOf(2, state.position()));

        final int last = buffer.capacity() - FORGOTTEN_LENGTH - EpochEntryEncoder.BLOCK_LENGTH;
        buffer.putLong(
                last + EpochEntryEncoder.startPositionEncodingOffset(), state.position(), ByteOrder.LITTLE_ENDIAN);
        restamp(buffer);
        assertEquals(CheckpointException.Reason.DAMAGED, refusalOf(buffer, IDENTITY));
    }

    @Test
    void shouldTakeTheWholeLogForOneEpochWhenTheFormatIsThatOfBefore() {
        final UnsafeBuffer buffer = withoutTransactions(encodeFilled(false));
        final int length = buffer.capacity() - EpochEntryEncoder.BLOCK_LENGTH;
        final UnsafeBuffer old = new UnsafeBuffer(new byte[length]);
        old.putBytes(0, buffer, 0, length);
        old.putShort(CheckpointHeaderEncoder.formatVersionEncodingOffset(), (short) 1, ByteOrder.LITTLE_ENDIAN);
        old.putShort(CheckpointHeaderEncoder.epochCountEncodingOffset(), (short) 0, ByteOrder.LITTLE_ENDIAN);
        restamp(old);
        final EpochHistory read = CheckpointCodec.decode(old, length, IDENTITY, state.config())
                .state()
                .epochs();
        assertEquals(state.leaderEpoch(), read.lastEpoch());
        assertEquals(1, read.count());
        assertEquals(0, read.startPosition(0));
    }

    /** The same checkpoint in the format of before there were transactions. */
    private UnsafeBuffer withoutTransactions(final UnsafeBuffer buffer) {
        final int epochsLength = state.epochs().count() * EpochEntryEncoder.BLOCK_LENGTH;
        final int count = state.producerCount();
        final int epochs = buffer.capacity() - FORGOTTEN_LENGTH - epochsLength;
        final int firstProducer = epochs - count * ProducerTable.ENTRY_LENGTH;
        final int oldLength = ProducerTable.ENTRY_LENGTH_WITHOUT_TRANSACTION;
        final UnsafeBuffer old = new UnsafeBuffer(new byte[firstProducer + count * oldLength + epochsLength]);
        old.putBytes(0, buffer, 0, firstProducer);
        for (int i = 0; i < count; i++) {
            final int source = firstProducer + i * ProducerTable.ENTRY_LENGTH;
            old.putBytes(firstProducer + i * oldLength, buffer, source, oldLength);
        }
        old.putBytes(old.capacity() - epochsLength, buffer, epochs, epochsLength);
        old.putShort(CheckpointHeaderEncoder.formatVersionEncodingOffset(), (short) 2, ByteOrder.LITTLE_ENDIAN);
        restamp(old);
        return old;
    }

    @Test
    void shouldReadTheSameStateWhenTheFormatIsFromBeforeTransactions() {
        final UnsafeBuffer buffer = encodeFilled(false);
        assertTrue(state.producerCount() > 0);
        final UnsafeBuffer old = withoutTransactions(buffer);
        final Checkpoint read = CheckpointCodec.decode(old, old.capacity(), IDENTITY, state.config());
        state.producers().onForgotten(Long.MAX_VALUE); // nobody wrote down who was
        assertArrayEquals(LogScript.bytesOf(state), LogScript.bytesOf(read.state()));
        assertEquals(0, read.state().openTransactionCount());
    }

    @Test
    void shouldKnowWhoMayHaveBeenForgottenWhenAStateIsReadBack() {
        final LogScript log = new LogScript();
        state.openPartition(1);
        log.offer(state, 1, Batches.idempotent(50, 0, 0, 1), 1000);
        log.offer(state, 1, Batches.idempotent(40, 0, 0, 1), 2000);
        log.offer(state, 1, Batches.plain(1, 5), 61_000);
        final UnsafeBuffer buffer = encode(false);
        final LaneState read = CheckpointCodec.decode(buffer, buffer.capacity(), IDENTITY, CONFIG)
                .state();
        assertEquals(LaneResult.OUT_OF_ORDER_SEQUENCE, log.offer(read, 1, Batches.idempotent(51, 0, 7, 1), 61_000));
        assertEquals(LaneResult.OK, log.offer(read, 1, Batches.idempotent(49, 0, 7, 1), 61_000));
        assertEquals(LaneResult.OK, log.offer(read, 1, Batches.idempotent(50, 0, 7, 1), 61_000));
        assertEquals(LaneResult.OK, log.offer(read, 1, Batches.idempotent(40, 0, 1, 1), 61_000));
    }

    @Test
    void shouldKeepOpenTransactionsWhenFewerProducersAreRemembered() {
        final LogScript log = new LogScript();
        state.openPartition(1);
        for (int producer = 0; producer < 6; producer++) {
            assertEquals(LaneResult.OK, log.offerVerified(state, 1, Batches.transactional(producer, 0, 0, 1), 1000));
        }
        log.offer(state, 1, Batches.idempotent(99, 0, 0, 1), 1000);
        log.offer(state, 1, Batches.marker(2, 1, 5, false, 1000), 1000);
        final UnsafeBuffer buffer = encode(false);
        final LaneStateConfig fewer = new LaneStateConfig(LogScript.SPAN_LENGTH, 3, 60_000);
        final LaneState read = CheckpointCodec.decode(buffer, buffer.capacity(), IDENTITY, fewer)
                .state();
        assertEquals(5, read.openTransactionCount());
        final StringBuilder open = new StringBuilder();
        read.forEachOpenTransaction((partition, producer, offset) ->
                open.append(producer).append('@').append(offset).append(' '));
        assertEquals("0@0 1@1 3@3 4@4 5@5 ", open.toString());
    }

    @Test
    void shouldKeepThoseThatWroteLastWhenFewerProducersAreRemembered() {
        final LogScript log = new LogScript();
        state.openPartition(1);
        for (int producer = 0; producer < 10; producer++) {
            log.offer(state, 1, Batches.idempotent(producer, 0, 0, 1), 1000);
        }
        final UnsafeBuffer buffer = encode(false);
        final LaneStateConfig fewer = new LaneStateConfig(LogScript.SPAN_LENGTH, 3, 60_000);
        final LaneState read = CheckpointCodec.decode(buffer, buffer.capacity(), IDENTITY, fewer)
                .state();
        assertEquals(3, read.producerCount());
        assertEquals(
                LaneResult.DUPLICATE, read.decide(1, Batches.idempotent(9, 0, 0, 1), 0, 1000, AppendOrigin.CLIENT));
        assertEquals(LaneResult.OK, read.decide(1, Batches.idempotent(6, 0, 5, 1), 0, 1000, AppendOrigin.CLIENT));
    }

    @Test
    void shouldRefuseToWriteWhenPositionsContradictEachOther() {
        final UnsafeBuffer buffer = encodeFilled(false);
        assertThrows(
                IllegalArgumentException.class,
                () -> CheckpointCodec.encode(state, IDENTITY, state.position(), state.position() + 8, false, buffer));
        assertThrows(
                IllegalArgumentException.class,
                () -> CheckpointCodec.encode(state, IDENTITY, state.position() - 8, 0, false, buffer));
    }
}
