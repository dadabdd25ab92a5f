package io.epona.gateway;

import io.epona.controller.BrokerInfo;
import io.epona.controller.ClusterController;
import io.epona.controller.ClusterImage;
import io.epona.controller.Endpoint;
import io.epona.controller.PartitionInfo;

/**
 * Whom to ask instead: what is told beside NOT_LEADER_OR_FOLLOWER, so that a client need not ask for metadata first
 * (KIP-951). Any thread.
 */
public final class LeaderHints {
    private final ClusterController controller;

    /**
     * Who leads a partition, and where that node can be reached.
     *
     * @param nodeId of the leader; -1 when there is none.
     * @param leaderEpoch of the leader.
     * @param endpoint of the leader; null when it is not known or not alive.
     * @param rack of the leader, or null.
     */
    public record Leader(int nodeId, int leaderEpoch, Endpoint endpoint, String rack) {}

    /** Hints out of the newest metadata. */
    public LeaderHints(final ClusterController controller) {
        this.controller = controller;
    }

    /**
     * Who leads a partition by the newest metadata.
     *
     * @param partition as it was when the request came.
     * @param listener through which the client came.
     */
    public Leader leaderOf(final PartitionInfo partition, final String listener) {
        final ClusterImage image = controller.image();
        final PartitionInfo newest = image.partition(partition.partitionIndex());
        final PartitionInfo present = newest == null ? partition : newest;
        final BrokerInfo broker = image.broker(present.leader());
        return broker == null || broker.fenced()
                ? new Leader(present.leader(), present.leaderEpoch(), null, null)
                : new Leader(present.leader(), present.leaderEpoch(), broker.endpoint(listener), broker.rack());
    }

    /** Whether the newest metadata still say who leads a partition, and in which epoch, as these do. */
    public boolean isStillLedSo(final PartitionInfo partition) {
        final PartitionInfo newest = controller.image().partition(partition.partitionIndex());
        return newest != null
                && newest.leader() == partition.leader()
                && newest.leaderEpoch() == partition.leaderEpoch();
    }

    /** Whether the partition still exists. */
    public boolean isKnown(final PartitionInfo partition) {
        return controller.image().partition(partition.partitionIndex()) != null;
    }
}
