package io.epona.coordinator;

import io.epona.partitionlog.PartitionLogs;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.requests.TransactionResult;
import org.apache.kafka.coordinator.common.runtime.CoordinatorLoader;
import org.apache.kafka.coordinator.common.runtime.CoordinatorPlayback;
import org.apache.kafka.coordinator.common.runtime.Deserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Loads a coordinator from its partition: all records that are committed, out of partition log and ring. It begins when
 * the lane is complete, that is when the node leads it in the tenure's epoch and all that was appended before is
 * committed. As the partition's only writer is the coordinator that is being loaded, nothing comes after that.
 *
 * <p>Loads run on a few threads of their own, which end when there is nothing to load. A load whose tenure is over
 * never completes: the runtime has a resignation in its queue by then, and must not take the end of this load for that
 * of a later one.
 *
 * @param <T> records of the coordinator.
 */
final class LaneRecordLoader<T> implements CoordinatorLoader<T> {
    private static final Logger LOGGER = LoggerFactory.getLogger(LaneRecordLoader.class);

    /** So many records are applied between snapshots of the state, as Kafka's loader does it. */
    private static final long COMMIT_INTERVAL = 16_384;

    private static final int THREADS = 2;
    private static final long IDLE_S = 10;
    private static final long FIRST_DELAY_MS = 1;
    private static final long MAX_DELAY_MS = 20;
    private static final long RETRY_MS = 1_000;
    private static final long NO_LIMIT = -1;

    private final LaneAppends appends;
    private final PartitionLogs logs;
    private final Tenures tenures;
    private final Deserializer<T> deserializer;
    private final int readLength;
    private final ScheduledThreadPoolExecutor executor;
    private final AtomicLong loads = new AtomicLong();
    private final AtomicLong failures = new AtomicLong();
    private final AtomicLong records = new AtomicLong();

    LaneRecordLoader(
            final LaneAppends appends,
            final PartitionLogs logs,
            final Tenures tenures,
            final Deserializer<T> deserializer,
            final int readLength,
            final String threadName) {
        this.appends = appends;
        this.logs = logs;
        this.tenures = tenures;
        this.deserializer = deserializer;
        this.readLength = readLength;
        this.executor = new ScheduledThreadPoolExecutor(
                THREADS, Thread.ofPlatform().daemon().name(threadName, 0).factory());
        executor.setKeepAliveTime(IDLE_S, TimeUnit.SECONDS);
        executor.allowCoreThreadTimeOut(true);
        executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    /** Partitions that were loaded. */
    long loads() {
        return loads.get();
    }

    /** Loads that failed and were begun anew. */
    long failures() {
        return failures.get();
    }

    /** Records that were loaded. */
    long records() {
        return records.get();
    }

    @Override
    public CompletableFuture<LoadSummary> load(
            final TopicPartition partition, final CoordinatorPlayback<T> coordinator) {
        final CompletableFuture<LoadSummary> loaded = new CompletableFuture<>();
        final Tenure tenure = tenures.beginLoad(partition.partition());
        if (tenure != null) {
            schedule(new Load(tenure, coordinator, loaded), 0);
        }
        return loaded;
    }

    private void schedule(final Load load, final long delayMs) {
        try {
            executor.schedule(load, delayMs, TimeUnit.MILLISECONDS);
        } catch (final RejectedExecutionException ex) {
            LOGGER.debug("no load any more, the node stops: partition={}", load.partition(), ex);
        }
    }

    @Override
    public void close() {
        executor.shutdownNow();
    }

    /** One load, tried again until the lane is complete. */
    private final class Load implements Runnable {
        private final Tenure tenure;
        private final CoordinatorLane lane;
        private final Playback<T> playback;
        private final CompletableFuture<LoadSummary> loaded;
        private final long startTimeMs = System.currentTimeMillis();
        private long limitPosition = NO_LIMIT;
        private long delayMs = FIRST_DELAY_MS;

        Load(
                final Tenure tenure,
                final CoordinatorPlayback<T> coordinator,
                final CompletableFuture<LoadSummary> loaded) {
            this.tenure = tenure;
            this.lane = appends.lanes().get(tenure.partition().laneId());
            this.playback = new Playback<>(tenure.partition().topicPartition(), coordinator, deserializer);
            this.loaded = loaded;
        }

        TopicPartition partition() {
            return tenure.partition().topicPartition();
        }

        @Override
        public void run() {
            if (tenure.isOver()) {
                return;
            }
            try {
                if (isComplete()) {
                    read();
                } else {
                    schedule(this, delayMs);
                    delayMs = Math.min(MAX_DELAY_MS, 2 * delayMs);
                }
            } catch (final RuntimeException | Error ex) {
                fail(ex);
            }
        }

        /** The position is read first and the epoch then. */
        private boolean isComplete() {
            final long committed = lane.counters().committed().getAcquire();
            if (lane.role().leadingEpoch().getAcquire() != tenure.leaderEpoch()) {
                return false;
            }
            if (limitPosition == NO_LIMIT) {
                limitPosition = Math.max(
                        lane.role().readyPosition().getAcquire(),
                        lane.counters().appended().getAcquire());
            }
            return committed >= limitPosition;
        }

        private void read() {
            final long readTimeMs = System.currentTimeMillis();
            final CommittedRecords reader =
                    new CommittedRecords(lane, logs, tenure.partition().partitionIndex(), readLength, playback);
            playback.finish(reader.read(limitPosition));
            loads.incrementAndGet();
            records.addAndGet(playback.recordCount());
            final LoadSummary summary = new LoadSummary(
                    startTimeMs,
                    System.currentTimeMillis(),
                    readTimeMs - startTimeMs,
                    playback.recordCount(),
                    reader.length());
            tenures.loaded(tenure, () -> loaded.complete(summary));
        }

        private void fail(final Throwable failure) {
            failures.incrementAndGet();
            if (tenures.failed(tenure, () -> loaded.completeExceptionally(failure))) {
                LOGGER.error("cannot load a coordinator; again in {} ms: partition={}", RETRY_MS, partition(), failure);
                try {
                    executor.schedule(() -> tenures.again(tenure), RETRY_MS, TimeUnit.MILLISECONDS);
                } catch (final RejectedExecutionException ex) {
                    LOGGER.debug("no load any more, the node stops: partition={}", partition(), ex);
                }
            }
        }
    }

    /** Applies batches to a coordinator. */
    private static final class Playback<T> implements Consumer<MutableRecordBatch> {
        private final TopicPartition partition;
        private final CoordinatorPlayback<T> coordinator;
        private final Deserializer<T> deserializer;
        private long recordCount;
        private long nextOffset;
        private long toldOffset;

        Playback(
                final TopicPartition partition,
                final CoordinatorPlayback<T> coordinator,
                final Deserializer<T> deserializer) {
            this.partition = partition;
            this.coordinator = coordinator;
            this.deserializer = deserializer;
        }

        long recordCount() {
            return recordCount;
        }

        @Override
        public void accept(final MutableRecordBatch batch) {
            for (final Record record : batch) {
                recordCount++;
                if (batch.isControlBatch()) {
                    replayMarker(batch, record);
                } else {
                    replay(batch, record);
                }
            }
            nextOffset = batch.nextOffset();
            if (nextOffset - toldOffset >= COMMIT_INTERVAL) {
                tell();
            }
        }

        private void replayMarker(final MutableRecordBatch batch, final Record record) {
            switch (ControlRecordType.parse(record.key())) {
                case COMMIT ->
                    coordinator.replayEndTransactionMarker(
                            batch.producerId(), batch.producerEpoch(), TransactionResult.COMMIT);
                case ABORT ->
                    coordinator.replayEndTransactionMarker(
                            batch.producerId(), batch.producerEpoch(), TransactionResult.ABORT);
                default -> LOGGER.warn("passed over a control record: partition={}, record={}", partition, record);
            }
        }

        private void replay(final MutableRecordBatch batch, final Record record) {
            final T deserialized;
            try {
                deserialized = deserializer.deserialize(record.key(), record.value());
            } catch (final Deserializer.UnknownRecordTypeException ex) {
                LOGGER.warn(
                        "passed over a record of a type that this version does not know: partition={}, offset={},"
                                + " type={}",
                        partition,
                        record.offset(),
                        ex.unknownType());
                return;
            }
            if (deserialized != null) {
                coordinator.replay(record.offset(), batch.producerId(), batch.producerEpoch(), deserialized);
            }
        }

        /** All of it is committed; the log may end above its last record. */
        void finish(final long endOffset) {
            nextOffset = Math.max(nextOffset, endOffset);
            tell();
        }

        private void tell() {
            if (nextOffset > toldOffset) {
                coordinator.updateLastWrittenOffset(nextOffset);
                coordinator.updateLastCommittedOffset(nextOffset);
                toldOffset = nextOffset;
            }
        }
    }
}
