package io.epona.sequencer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.epona.codec.RecordBatchDescriptor;
import io.epona.codec.lane.AppendCommandEncoder;
import io.epona.codec.lane.ClosePartitionCommandEncoder;
import io.epona.codec.lane.LaneResult;
import io.epona.codec.lane.OpenPartitionCommandEncoder;
import java.nio.ByteOrder;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Messages that are no commands: skipped, counted, reported; those around them are served. */
class LaneMalformedCommandTest {
    private final LaneHarness harness = LaneHarness.started();
    private int expected;

    private static UnsafeBuffer appendCommand(final UnsafeBuffer batch, final int gatewayId) {
        final UnsafeBuffer command = new UnsafeBuffer(new byte[AppendCommandEncoder.BLOCK_LENGTH + batch.capacity()]);
        new AppendCommandEncoder()
                .wrap(command, 0)
                .correlationId(1)
                .partitionIndex(0)
                .leaderEpoch(LaneHarness.LEADER_EPOCH)
                .gatewayId(gatewayId)
                .batchLength(batch.capacity());
        command.putBytes(AppendCommandEncoder.BLOCK_LENGTH, batch, 0, batch.capacity());
        return command;
    }

    private void write(final int msgTypeId, final UnsafeBuffer message, final int length) {
        assertEquals(true, harness.commands.write(msgTypeId, message, 0, length));
        expected++;
    }

    private void writeAppend(final UnsafeBuffer message) {
        write(AppendCommandEncoder.TEMPLATE_ID, message, message.capacity());
    }

    @AfterEach
    void shouldServeTheNextCommandWhenOneWasSkipped() {
        final long next = harness.offer(0, 0, Batches.plain(1, 1));
        harness.runUntilIdle();
        final Reply reply = harness.onlyReply(0);
        assertEquals(next, reply.correlationId());
        assertEquals(LaneResult.OK, reply.result());
        assertEquals(0, reply.baseOffset(), "nothing else was appended");
        assertEquals(expected, harness.meters.malformed().get());
        assertEquals(expected, harness.errors.size());
        harness.errors.forEach(error -> assertInstanceOf(MalformedCommandException.class, error));
    }

    @Test
    void shouldSkipWhenTheTypeIsUnknown() {
        write(77, new UnsafeBuffer(new byte[40]), 40);
        write(11, new UnsafeBuffer(new byte[48]), 48);
        write(77, new UnsafeBuffer(new byte[40]), 0);
    }

    @Test
    void shouldSkipWhenTheCommandIsTooShort() {
        final UnsafeBuffer command = appendCommand(Batches.plain(1, 1), 0);
        write(AppendCommandEncoder.TEMPLATE_ID, command, 0);
        write(AppendCommandEncoder.TEMPLATE_ID, command, AppendCommandEncoder.BLOCK_LENGTH);
        write(
                AppendCommandEncoder.TEMPLATE_ID,
                command,
                AppendCommandEncoder.BLOCK_LENGTH + RecordBatchDescriptor.BATCH_OVERHEAD - 1);
    }

    @Test
    void shouldSkipWhenLengthsContradictEachOther() {
        final UnsafeBuffer command = appendCommand(Batches.plain(1, 50), 0);
        write(AppendCommandEncoder.TEMPLATE_ID, command, command.capacity() - 1);

        final UnsafeBuffer field = appendCommand(Batches.plain(1, 50), 0);
        new AppendCommandEncoder().wrap(field, 0).batchLength(Integer.MAX_VALUE);
        writeAppend(field);

        final UnsafeBuffer own = Batches.plain(1, 50);
        own.putInt(RecordBatchDescriptor.LENGTH_OFFSET, Integer.MAX_VALUE - 4, ByteOrder.BIG_ENDIAN);
        writeAppend(appendCommand(own, 0));

        final UnsafeBuffer tooLong = Batches.plain(1, LaneHarness.Sizes.DEFAULT.maxBatchLength());
        writeAppend(appendCommand(tooLong, 0));
    }

    @Test
    void shouldSkipWhenThePayloadIsNoBatch() {
        final UnsafeBuffer magic = Batches.plain(1, 50);
        magic.putByte(RecordBatchDescriptor.MAGIC_OFFSET, (byte) 1);
        writeAppend(appendCommand(magic, 0));

        final UnsafeBuffer delta = Batches.plain(1, 50);
        delta.putInt(RecordBatchDescriptor.LAST_OFFSET_DELTA_OFFSET, -1, ByteOrder.BIG_ENDIAN);
        writeAppend(appendCommand(delta, 0));
    }

    @Test
    void shouldSkipWhenTheGatewayIsUnknown() {
        writeAppend(appendCommand(Batches.plain(1, 1), 2));
        final UnsafeBuffer open = new UnsafeBuffer(new byte[OpenPartitionCommandEncoder.BLOCK_LENGTH]);
        new OpenPartitionCommandEncoder().wrap(open, 0).gatewayId(60_000);
        write(OpenPartitionCommandEncoder.TEMPLATE_ID, open, open.capacity());
        write(ClosePartitionCommandEncoder.TEMPLATE_ID, open, open.capacity());
    }

    @Test
    void shouldSkipWhenOpenOrCloseHasAnotherLength() {
        final UnsafeBuffer message = new UnsafeBuffer(new byte[64]);
        write(OpenPartitionCommandEncoder.TEMPLATE_ID, message, OpenPartitionCommandEncoder.BLOCK_LENGTH - 1);
        write(ClosePartitionCommandEncoder.TEMPLATE_ID, message, ClosePartitionCommandEncoder.BLOCK_LENGTH + 1);
    }
}
