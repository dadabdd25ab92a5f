package io.epona.replicator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.epona.codec.replication.FollowRequestDecoder;
import io.epona.codec.replication.FollowResponseDecoder;
import io.epona.codec.replication.FollowerAckDecoder;
import io.epona.codec.replication.MessageHeaderDecoder;
import io.epona.runtime.CounterType;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.AgentTerminationException;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class ControlOutboxTest {
    private final LoopTransport transport = new LoopTransport();
    private final TestMeters meters = new TestMeters();
    private final ControlOutbox outbox =
            new ControlOutbox(2, new int[] {2, 3}, transport, new SenderMeters(meters::counter));
    private final UnsafeBuffer block = new UnsafeBuffer(new byte[FollowRequestDecoder.BLOCK_LENGTH]);

    private void post(final int laneIndex, final int nodeIndex, final int templateId, final long value) {
        block.putLong(24, value);
        outbox.post(laneIndex, nodeIndex, templateId, block, 0);
    }

    /** Template id and last field of each message that went out. */
    private List<List<Long>> received() {
        final List<List<Long>> received = new ArrayList<>();
        transport.poll(
                (buffer, offset, length) -> {
                    final MessageHeaderDecoder header = new MessageHeaderDecoder().wrap(buffer, offset);
                    assertEquals(ReplicatorLimits.CONTROL_LENGTH, length);
                    assertEquals(MessageHeaderDecoder.SCHEMA_ID, header.schemaId());
                    assertEquals(FollowRequestDecoder.BLOCK_LENGTH, header.blockLength());
                    received.add(List.of(
                            (long) header.templateId(),
                            buffer.getLong(offset + MessageHeaderDecoder.ENCODED_LENGTH + 24)));
                    return true;
                },
                100);
        return received;
    }

    @Test
    void shouldSendInOrderWhenThereIsRoom() {
        post(0, 0, FollowRequestDecoder.TEMPLATE_ID, 1);
        post(1, 1, FollowerAckDecoder.TEMPLATE_ID, 2);
        post(0, 0, FollowResponseDecoder.TEMPLATE_ID, 3);

        assertEquals(3, outbox.flush());
        assertEquals(0, outbox.flush());
        assertEquals(List.of(2, 3, 2), transport.sentTo);
        assertEquals(List.of(List.of(1L, 1L), List.of(4L, 2L), List.of(2L, 3L)), received());
    }

    @Test
    void shouldReplaceWhatIsOutOfDateWhenItHasNotLeftYet() {
        transport.outcomes[2] = Offer.BACK_PRESSURED;
        for (int value = 1; value <= 5; value++) {
            post(0, 0, FollowerAckDecoder.TEMPLATE_ID, value);
            assertEquals(0, outbox.flush());
        }
        transport.outcomes[2] = Offer.SENT;

        assertEquals(1, outbox.flush());
        assertEquals(List.of(List.of(4L, 5L)), received());
        assertEquals(5, meters.value(CounterType.REPLICATION_BACK_PRESSURE));
    }

    @Test
    void shouldServeOthersWhenOneReceiverTakesNothing() {
        transport.outcomes[2] = Offer.BACK_PRESSURED;
        post(0, 0, FollowerAckDecoder.TEMPLATE_ID, 1);
        post(0, 1, FollowerAckDecoder.TEMPLATE_ID, 2);
        post(1, 0, FollowerAckDecoder.TEMPLATE_ID, 3);
        post(1, 1, FollowerAckDecoder.TEMPLATE_ID, 4);

        assertEquals(2, outbox.flush());
        assertEquals(List.of(3, 3), transport.sentTo);
    }

    @Test
    void shouldForgetMessagesWhenNobodyListens() {
        transport.outcomes[3] = Offer.NOT_CONNECTED;
        post(0, 1, FollowRequestDecoder.TEMPLATE_ID, 1);
        assertEquals(0, outbox.flush());
        transport.outcomes[3] = Offer.SENT;

        assertEquals(0, outbox.flush());
        assertEquals(1, meters.value(CounterType.REPLICATION_UNSENT));
    }

    @Test
    void shouldEndTheNodeWhenAStreamHasEnded() {
        transport.outcomes[2] = Offer.CLOSED;
        post(0, 0, FollowRequestDecoder.TEMPLATE_ID, 1);
        assertThrows(AgentTerminationException.class, outbox::flush);
    }
}
