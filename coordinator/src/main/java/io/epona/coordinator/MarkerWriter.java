package io.epona.coordinator;

import io.epona.codec.lane.LaneResult;
import io.epona.controller.ClusterController;
import io.epona.controller.ClusterImage;
import io.epona.controller.PartitionInfo;
import io.epona.sequencer.AppendOrigin;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import org.agrona.concurrent.UnsafeBuffer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes markers to the partitions that this node leads. Any thread may call. */
public final class MarkerWriter {
    private static final Logger LOGGER = LoggerFactory.getLogger(MarkerWriter.class);

    private final ClusterController controller;
    private final LaneAppends appends;
    private final OffsetCommits offsets;

    /** Ends transactions in the partitions that have the groups' offsets, which the group coordinator writes. */
    @FunctionalInterface
    public interface OffsetCommits {
        /** As long as there are no groups. */
        OffsetCommits NONE = (partition, marker) -> CompletableFuture.completedFuture(Errors.NOT_LEADER_OR_FOLLOWER);

        /** Ends a transaction in one of them. */
        CompletableFuture<Errors> end(TopicPartition partition, TransactionMarker marker);
    }

    /** A writer. */
    public MarkerWriter(final ClusterController controller, final LaneAppends appends, final OffsetCommits offsets) {
        this.controller = controller;
        this.appends = appends;
        this.offsets = offsets;
    }

    /**
     * Writes one; one that has nothing to end is not written, and counts as written.
     *
     * @return NONE when it is committed; else why not.
     */
    public CompletableFuture<Errors> write(final TopicPartition topicPartition, final TransactionMarker marker) {
        final ClusterImage image = controller.image();
        final PartitionInfo partition = image.partition(topicPartition.topic(), topicPartition.partition());
        if (partition == null) {
            return CompletableFuture.completedFuture(Errors.UNKNOWN_TOPIC_OR_PARTITION);
        }
        if (partition.leader() != image.nodeId()) {
            return CompletableFuture.completedFuture(Errors.NOT_LEADER_OR_FOLLOWER);
        }
        if (topicPartition.topic().equals(Topic.GROUP_METADATA_TOPIC_NAME)) {
            return offsets.end(topicPartition, marker);
        }
        final ByteBuffer bytes = MemoryRecords.withEndTransactionMarker(
                        marker.producerId(),
                        marker.producerEpoch(),
                        new EndTransactionMarker(
                                marker.isCommit() ? ControlRecordType.COMMIT : ControlRecordType.ABORT,
                                marker.coordinatorEpoch()))
                .buffer();
        final LaneAppends.Target target = new LaneAppends.Target(
                partition.laneId(),
                partition.partitionIndex(),
                partition.leaderEpoch(),
                image.topic(partition.topicId()).config().minInSyncReplicas,
                marker.isBumped() ? AppendOrigin.BUMPED_MARKER : AppendOrigin.MARKER);
        final CompletableFuture<Errors> outcome = new CompletableFuture<>();
        appends.append(
                        target,
                        new UnsafeBuffer(bytes, bytes.position(), bytes.remaining()),
                        new LaneAppends.CommitListener() {
                            @Override
                            public void onCommitted(final LaneAppends.Appended appended) {
                                outcome.complete(Errors.NONE);
                            }

                            @Override
                            public void onLeadershipLost() {
                                outcome.complete(Errors.NOT_LEADER_OR_FOLLOWER);
                            }
                        })
                .whenComplete((appended, failure) -> {
                    if (failure != null) {
                        outcome.complete(errorOf(failure));
                    }
                });
        return outcome;
    }

    private static Errors errorOf(final Throwable failure) {
        if (!(failure instanceof LaneRefusedException refused)) {
            LOGGER.error("cannot write a marker", failure);
            return Errors.UNKNOWN_SERVER_ERROR;
        }
        final LaneResult result = refused.result();
        return switch (result) {
            case INVALID_PRODUCER_EPOCH -> Errors.INVALID_PRODUCER_EPOCH;
            case COORDINATOR_FENCED -> Errors.TRANSACTION_COORDINATOR_FENCED;
            case NOT_ENOUGH_REPLICAS -> Errors.NOT_ENOUGH_REPLICAS;
            default -> Errors.NOT_LEADER_OR_FOLLOWER;
        };
    }
}
