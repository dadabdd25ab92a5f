package io.epona.replicator;

import io.epona.codec.replication.FollowRequestEncoder;
import io.epona.codec.replication.MessageHeaderEncoder;
import java.nio.ByteBuffer;
import org.agrona.BitUtil;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.AgentTerminationException;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * What lanes say to other nodes' lanes, on its way to the control streams. There is one place for each lane, receiver
 * and kind of message; what does not get away at once waits there until it does, or until a newer message of the same
 * kind makes it out of date. So memory is bounded, and a receiver that takes nothing keeps no other waiting. Owned by
 * the sending thread; decides only; allocates nothing.
 */
final class ControlOutbox {
    /** FollowRequest, FollowResponse and FollowerAck, in the order of their template ids but for Frames between. */
    static final int KIND_COUNT = 3;

    private static final int SLOT_LENGTH = BitUtil.align(ReplicatorLimits.CONTROL_LENGTH, BitUtil.CACHE_LINE_LENGTH);

    private final UnsafeBuffer slots;
    private final int[] queue;
    private final boolean[] isQueued;
    private final int[] nodeIds;
    private final PeerTransport transport;
    private final SenderMeters meters;
    private final MessageHeaderEncoder header = new MessageHeaderEncoder();

    private int head;
    private int queuedCount;

    /**
     * @param laneCount number of lanes.
     * @param nodeIds the other nodes.
     * @param transport that carries the messages.
     * @param meters counts.
     */
    ControlOutbox(final int laneCount, final int[] nodeIds, final PeerTransport transport, final SenderMeters meters) {
        final int slotCount = laneCount * nodeIds.length * KIND_COUNT;
        this.slots = new UnsafeBuffer(ByteBuffer.allocateDirect(Math.max(1, slotCount) * SLOT_LENGTH));
        this.queue = new int[Math.max(1, slotCount)];
        this.isQueued = new boolean[slotCount];
        this.nodeIds = nodeIds.clone();
        this.transport = transport;
        this.meters = meters;
    }

    /**
     * Takes a message, in place of one of the same lane, receiver and kind that is still here.
     *
     * @param laneIndex of the lane, 0 to the number of lanes less one.
     * @param nodeIndex of the receiver, in the order of the node ids.
     * @param templateId of the message.
     * @param buffer with the message's block.
     * @param offset of the block.
     */
    void post(
            final int laneIndex,
            final int nodeIndex,
            final int templateId,
            final DirectBuffer buffer,
            final int offset) {
        final int slot = (laneIndex * nodeIds.length + nodeIndex) * KIND_COUNT + kind(templateId);
        final int slotOffset = slot * SLOT_LENGTH;
        header.wrap(slots, slotOffset)
                .blockLength(FollowRequestEncoder.BLOCK_LENGTH)
                .templateId(templateId)
                .schemaId(FollowRequestEncoder.SCHEMA_ID)
                .version(FollowRequestEncoder.SCHEMA_VERSION);
        slots.putBytes(
                slotOffset + MessageHeaderEncoder.ENCODED_LENGTH, buffer, offset, FollowRequestEncoder.BLOCK_LENGTH);
        if (!isQueued[slot]) {
            isQueued[slot] = true;
            enqueue(slot);
        }
    }

    /** Offers each waiting message once; returns the number of those that were sent. */
    int flush() {
        int sentCount = 0;
        for (int i = queuedCount; i > 0; i--) {
            final int slot = queue[head];
            head = head + 1 == queue.length ? 0 : head + 1;
            queuedCount--;
            final int toNode = nodeIds[slot / KIND_COUNT % nodeIds.length];
            final Offer offer =
                    transport.offerControl(toNode, slots, slot * SLOT_LENGTH, ReplicatorLimits.CONTROL_LENGTH);
            switch (offer) {
                case SENT -> {
                    isQueued[slot] = false;
                    sentCount++;
                }
                case BACK_PRESSURED -> {
                    enqueue(slot);
                    meters.onBackPressure();
                }
                case NOT_CONNECTED -> {
                    isQueued[slot] = false;
                    meters.onUnsent();
                }
                case TOO_LONG, CLOSED ->
                    throw new AgentTerminationException(
                            "cannot send to another node any more: result=" + offer + ", toNode=" + toNode);
            }
        }
        return sentCount;
    }

    private void enqueue(final int slot) {
        final int tail = head + queuedCount;
        queue[tail < queue.length ? tail : tail - queue.length] = slot;
        queuedCount++;
    }

    private static int kind(final int templateId) {
        return templateId < 3 ? templateId - 1 : KIND_COUNT - 1;
    }
}
