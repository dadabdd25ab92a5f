package io.epona.coordinator;

import io.epona.codec.RecordBatchDescriptor;
import io.epona.codec.lane.LaneResult;
import io.epona.controller.ClusterController;
import io.epona.controller.TopicInfo;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.concurrent.UnsafeBuffer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.NotEnoughReplicasException;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.errors.RecordBatchTooLargeException;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.coordinator.common.runtime.PartitionWriter;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.VerificationGuard;

/**
 * Writes a coordinator's batches as its lanes' only writer of those partitions. The lane gives the offsets, so the
 * writing thread waits for the lane's answer (not for the commit): what a coordinator holds is then in the log at the
 * offset that it believes, or it is not in the log at all. There is no time-out, because a batch that was given up
 * might still be appended; a lane that does not answer has a device that does not, and everything waits for that.
 *
 * <p>A batch carries the leader epoch of the tenure whose records were loaded, and the lane refuses it in any other.
 * Thread-safe; called on the runtime's event threads.
 */
final class LanePartitionWriter implements PartitionWriter {
    private final LaneAppends appends;
    private final Tenures tenures;
    private final ClusterController controller;
    private final TransactionVerification verification;
    private final AtomicLong fenced = new AtomicLong();

    LanePartitionWriter(
            final LaneAppends appends,
            final Tenures tenures,
            final ClusterController controller,
            final TransactionVerification verification) {
        this.appends = appends;
        this.tenures = tenures;
        this.controller = controller;
        this.verification = verification;
    }

    /** Batches that were not written because the node does not lead any more. */
    long fenced() {
        return fenced.get();
    }

    @Override
    public void registerListener(final TopicPartition partition, final Listener listener) {
        final Tenure tenure = tenures.active(partition.partition());
        if (tenure != null) {
            tenure.listen(listener);
        }
    }

    @Override
    public void deregisterListener(final TopicPartition partition, final Listener listener) {
        final Tenure tenure = tenures.active(partition.partition());
        if (tenure != null) {
            tenure.unlisten(listener);
        }
    }

    @Override
    public LogConfig config(final TopicPartition partition) {
        final TopicInfo topic = controller.image().topic(partition.topic());
        final Tenure tenure = tenures.active(partition.partition());
        if (topic == null || tenure == null) {
            throw notLeader(partition);
        }
        final LogConfig config = topic.config();
        final int limit = appends.maxBatchLength(tenure.partition().laneId());
        return config.maxMessageSize() <= limit
                ? config
                : new LogConfig(Map.of(TopicConfig.MAX_MESSAGE_BYTES_CONFIG, Integer.toString(limit)));
    }

    @Override
    public long append(
            final TopicPartition partition,
            final VerificationGuard verificationGuard,
            final MemoryRecords records,
            final short transactionVersion) {
        final Tenure tenure = tenures.active(partition.partition());
        final TopicInfo topic = controller.image().topic(partition.topic());
        if (tenure == null || topic == null) {
            throw notLeader(partition);
        }
        final ByteBuffer bytes = records.buffer();
        final UnsafeBuffer batch = new UnsafeBuffer(bytes, bytes.position(), bytes.remaining());
        final int laneId = tenure.partition().laneId();
        if (batch.capacity() > appends.maxBatchLength(laneId)) {
            throw new RecordBatchTooLargeException("a coordinator's batch is longer than a lane takes: length="
                    + batch.capacity() + ", limit=" + appends.maxBatchLength(laneId));
        }
        final int recordCount = RecordBatchDescriptor.lastOffsetDelta(batch, 0) + 1;
        final LaneAppends.Target target = new LaneAppends.Target(
                laneId, tenure.partition().partitionIndex(), tenure.leaderEpoch(), topic.config().minInSyncReplicas);
        return await(partition, appends.append(target, batch, new Commits(tenure, recordCount))) + recordCount;
    }

    private long await(final TopicPartition partition, final CompletableFuture<LaneAppends.Appended> appended) {
        try {
            return appended.get().baseOffset();
        } catch (final InterruptedException ex) {
            throw new InterruptException("interrupted while writing to " + partition, ex);
        } catch (final ExecutionException ex) {
            if (ex.getCause() instanceof LaneRefusedException refused) {
                throw translated(partition, refused);
            }
            throw new KafkaException("cannot write to " + partition, ex.getCause());
        }
    }

    private KafkaException translated(final TopicPartition partition, final LaneRefusedException refused) {
        final LaneResult result = refused.result();
        return switch (result) {
            case FENCED, UNKNOWN_PARTITION -> notLeader(partition);
            case NOT_ENOUGH_REPLICAS ->
                new NotEnoughReplicasException("Too few in-sync replicas of " + partition + " to write to it.");
            default -> new KafkaException("cannot write to " + partition + ": result=" + result, refused);
        };
    }

    private NotLeaderOrFollowerException notLeader(final TopicPartition partition) {
        fenced.incrementAndGet();
        return new NotLeaderOrFollowerException("This node does not coordinate with " + partition + " any more.");
    }

    /** Tells the tenure in which a batch was written when it is committed. */
    private record Commits(Tenure tenure, int recordCount) implements LaneAppends.CommitListener {
        @Override
        public void onCommitted(final LaneAppends.Appended appended) {
            tenure.committed(appended.baseOffset() + recordCount);
        }

        @Override
        public void onLeadershipLost() {
            // Whoever waits for it is answered when the metadata end the tenure.
        }
    }

    @Override
    public CompletableFuture<VerificationGuard> maybeStartTransactionVerification(
            final TopicPartition partition,
            final String transactionalId,
            final long producerId,
            final short producerEpoch,
            final int apiVersion) {
        return verification.verify(partition, transactionalId, producerId, producerEpoch, apiVersion);
    }

    @Override
    public CompletableFuture<Void> deleteRecords(final TopicPartition partition, final long deleteBeforeOffset) {
        return CompletableFuture.failedFuture(new UnsupportedOperationException(
                "records of a coordinator's partition go by compaction only: partition=" + partition));
    }
}
