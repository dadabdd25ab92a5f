package io.epona.node;

import static io.epona.node.config.StorageKeys.LANE_COMMAND_RING_LENGTH;

import io.epona.replicator.AeronTransportConfig;
import io.epona.runtime.config.EponaConfig;
import org.agrona.concurrent.ringbuffer.RingBuffer;

/**
 * The queues of a lane.
 *
 * @param commands from gateways
 * @param control from the controller's side; null in a cell of one, as all that follow
 * @param peers from other nodes
 * @param outbox to other nodes
 * @param proposals to the controller
 */
record LaneRings(RingBuffer commands, RingBuffer control, RingBuffer peers, RingBuffer outbox, RingBuffer proposals) {
    /** Room for some hundred partitions to be opened and closed at a time; the rest waits in front. */
    private static final int CONTROL_LENGTH = 64 * 1024;

    /** The longest message in a queue is an eighth of it. */
    private static final long MIN_PEERS_LENGTH = 8L * AeronTransportConfig.MAX_MESSAGE_LENGTH;

    private static final int OUTBOX_LENGTH = 64 * 1024;
    private static final int PROPOSALS_LENGTH = 4 * 1024;

    /** The queues of a lane of a cell of one. */
    static LaneRings alone(final EponaConfig config) {
        return new LaneRings(Rings.manyToOne(config.get(LANE_COMMAND_RING_LENGTH)), null, null, null, null);
    }

    /**
     * The queues of a lane with other replicas. Whatever another node may send fits into the queue of peers, however
     * that node is configured.
     */
    static LaneRings replicated(final EponaConfig config) {
        return new LaneRings(
                Rings.manyToOne(config.get(LANE_COMMAND_RING_LENGTH)),
                Rings.manyToOne(CONTROL_LENGTH),
                Rings.oneToOne(Math.max(config.get(LANE_COMMAND_RING_LENGTH), MIN_PEERS_LENGTH)),
                Rings.oneToOne(OUTBOX_LENGTH),
                Rings.oneToOne(PROPOSALS_LENGTH));
    }
}
