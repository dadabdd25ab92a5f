package io.epona.node;

import io.epona.codec.FrameDescriptor;
import io.epona.codec.FrameHandler;
import io.epona.controller.ClusterImage;
import io.epona.controller.PartitionInfo;
import io.epona.gateway.log.InitialTransactions;
import io.epona.journal.CheckpointHeaderValidator;
import io.epona.journal.CheckpointStore;
import io.epona.journal.DirectSegmentStore;
import io.epona.journal.Journal;
import io.epona.journal.JournalConfig;
import io.epona.journal.LogRing;
import io.epona.journal.RecoveredTail;
import io.epona.journal.ReplicaRecovery;
import io.epona.node.config.LogKeys;
import io.epona.node.config.ServiceKeys;
import io.epona.node.config.StorageKeys;
import io.epona.partitionlog.ShelfAgent;
import io.epona.partitionlog.ShelfConfig;
import io.epona.partitionlog.ShelfContext;
import io.epona.runtime.LaneCounters;
import io.epona.runtime.config.EponaConfig;
import io.epona.sequencer.Checkpoint;
import io.epona.sequencer.CheckpointCodec;
import io.epona.sequencer.CheckpointContext;
import io.epona.sequencer.InstallGate;
import io.epona.sequencer.LaneIdentity;
import io.epona.sequencer.LaneState;
import io.epona.sequencer.LaneStateConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.agrona.DirectBuffer;
import org.apache.kafka.common.Uuid;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a lane keeps, opened and recovered: ring, journal, checkpoints, its state at the end of the log, and the agent
 * that shelves what is committed. Assembled by one thread before any other starts.
 *
 * @param ring the log ring
 * @param journal recovered
 * @param counters all at the end of the log, but {@code drained}, {@code shelved} and {@code checkpointed}
 * @param shelf drains into the partition logs
 * @param checkpoint the newest before this start
 * @param store of checkpoints
 * @param state after all frames that are known to be committed, with all partitions of the metadata open
 * @param tail where the log ends
 * @param lastEpoch leader epoch of the last frame, 0 without frames
 * @param endedTransactions those that markers ended which are committed and not drained
 * @param install where the lane says that it cannot follow, and is held
 */
record LaneStore(
        LogRing ring,
        Journal journal,
        LaneCounters counters,
        ShelfAgent shelf,
        CheckpointContext.Start checkpoint,
        CheckpointStore store,
        LaneState state,
        RecoveredTail tail,
        int lastEpoch,
        List<InitialTransactions.Ended> endedTransactions,
        InstallGate install)
        implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(LaneStore.class);

    /** Flushes must be so frequent that the journal never waits for one. */
    private static final int MIN_FLUSHES_IN_JOURNAL = 8;

    /** Epoch of the last frame that may not be committed. */
    private static final class LastEpoch implements FrameHandler {
        int value;

        @Override
        public void onFrame(final DirectBuffer buffer, final int offset, final int length, final long position) {
            value = FrameDescriptor.leaderEpoch(buffer, offset);
        }
    }

    /** Opens and recovers a lane; throws what journal, sequencer and partition log say when they refuse. */
    static LaneStore open(final Surroundings node, final int laneId, final LaneCounters counters) {
        return open(node, journalConfig(node, laneId), counters, false);
    }

    /**
     * As {@link #open(Surroundings, int, LaneCounters)}.
     *
     * @param cutsUnproven see {@link ReplicaRecovery}
     */
    static LaneStore open(
            final Surroundings node, final int laneId, final LaneCounters counters, final boolean cutsUnproven) {
        return open(node, journalConfig(node, laneId), counters, cutsUnproven);
    }

    /**
     * An empty lane that is held, because its own copy is damaged and stays as it is for now.
     *
     * @param journals where a journal is made that takes the place of its own, and is never written to
     */
    static LaneStore openStandIn(
            final Surroundings node, final int laneId, final LaneCounters counters, final Path journals) {
        final JournalConfig config = journalConfig(node, laneId, journals);
        begin(node, config, Optional.empty());
        return open(node, config, counters, false).held();
    }

    private static LaneStore open(
            final Surroundings node,
            final JournalConfig journalConfig,
            final LaneCounters counters,
            final boolean cutsUnproven) {
        final EponaConfig config = node.config();
        final int laneId = journalConfig.laneId();
        final int ringLength = Math.toIntExact(config.get(StorageKeys.LANE_RING_LENGTH));
        final DirectSegmentStore segments = DirectSegmentStore.open(journalConfig);
        final LogRing ring;
        try {
            ring = LogRing.map(node.directories().rings(), node.directories().ringName(laneId), ringLength);
        } catch (final RuntimeException ex) {
            segments.close();
            throw ex;
        }
        try {
            return recover(
                    node, journalConfig, Journal.open(journalConfig, segments, ring), ring, counters, cutsUnproven);
        } catch (final RuntimeException ex) {
            ring.close();
            throw ex;
        }
    }

    /** The same lane, held from the start because its copy is half made. */
    LaneStore held() {
        return new LaneStore(
                ring,
                journal,
                counters,
                shelf,
                checkpoint,
                store,
                state,
                tail,
                lastEpoch,
                endedTransactions,
                InstallGate.held());
    }

    /**
     * Empties a lane's journal and has its log begin anew, before it is opened.
     *
     * @param installed bytes of the checkpoint whose records the partition logs have: the log begins there; empty to
     *     begin at 0, without one
     */
    static void begin(final Surroundings node, final int laneId, final Optional<? extends DirectBuffer> installed) {
        begin(node, journalConfig(node, laneId), installed);
    }

    private static void begin(
            final Surroundings node, final JournalConfig config, final Optional<? extends DirectBuffer> installed) {
        final int laneId = config.laneId();
        final DirectSegmentStore segments = DirectSegmentStore.open(config);
        final LogRing ring;
        try {
            ring = LogRing.map(
                    node.directories().rings(),
                    node.directories().ringName(laneId),
                    Math.toIntExact(node.config().get(StorageKeys.LANE_RING_LENGTH)));
        } catch (final RuntimeException ex) {
            segments.close();
            throw ex;
        }
        final long position = installed
                .map(bytes -> CheckpointCodec.decode(
                                bytes,
                                bytes.capacity(),
                                identity(config),
                                stateConfig(node.config(), ring.spanLength(config.segmentLength())))
                        .position())
                .orElse(0L);
        try (ring;
                Journal journal = Journal.startAt(config, segments, ring, position)) {
            final CheckpointStore checkpoints =
                    CheckpointStore.open(config, node.counters().errorHandler());
            checkpoints.removeAll();
            installed.ifPresent(bytes -> checkpoints.store(bytes, bytes.capacity()));
            LOGGER.info(
                    "lane {} begins anew: position={}, journal={}",
                    laneId,
                    position,
                    journal.config().laneDirectory());
        }
    }

    /** Whether a lane could begin at a checkpoint. */
    static boolean isUsable(final Surroundings node, final int laneId, final DirectBuffer checkpoint) {
        final JournalConfig config = journalConfig(node, laneId);
        return new CheckpointHeaderValidator(config).check(checkpoint, checkpoint.capacity()) == null;
    }

    private static LaneIdentity identity(final JournalConfig config) {
        return new LaneIdentity(config.laneId(), config.clusterIdHigh(), config.clusterIdLow());
    }

    /** Where a lane's journal and checkpoints are. */
    static Path directory(final Surroundings node, final int laneId) {
        return JournalConfig.laneDirectory(node.directories().journals(), laneId);
    }

    private static JournalConfig journalConfig(final Surroundings node, final int laneId) {
        return journalConfig(node, laneId, node.directories().journals());
    }

    private static JournalConfig journalConfig(final Surroundings node, final int laneId, final Path journals) {
        final EponaConfig config = node.config();
        final Uuid clusterId = node.controller().image().clusterUuid();
        return new JournalConfig(
                journals,
                laneId,
                clusterId.getMostSignificantBits(),
                clusterId.getLeastSignificantBits(),
                config.get(ServiceKeys.NODE_ID),
                config.get(StorageKeys.JOURNAL_SEGMENT_LENGTH),
                config.get(StorageKeys.JOURNAL_SEGMENT_COUNT),
                Math.toIntExact(config.get(StorageKeys.JOURNAL_BLOCK_LENGTH)),
                Math.toIntExact(config.get(StorageKeys.JOURNAL_MAX_WRITE_LENGTH)));
    }

    private static LaneStore recover(
            final Surroundings node,
            final JournalConfig config,
            final Journal journal,
            final LogRing ring,
            final LaneCounters counters,
            final boolean cutsUnproven) {
        try {
            final CheckpointStore store =
                    CheckpointStore.open(config, node.counters().errorHandler());
            final int spanLength = ring.spanLength(config.segmentLength());
            final Optional<Checkpoint> checkpoint = loadCheckpoint(node, config, store, spanLength);
            final CheckpointContext.Start start =
                    checkpoint.map(CheckpointContext.Start::of).orElse(CheckpointContext.Start.NONE);
            final LaneState state = checkpoint
                    .map(Checkpoint::state)
                    .orElseGet(() -> new LaneState(stateConfig(node.config(), spanLength)));
            final ShelfAgent shelf = shelf(node, config, ring, counters);

            final long ringFrom = shelf.beginRecovery(start.shelvedPosition());
            final EndedTransactions ended = new EndedTransactions(config.laneId(), ringFrom, state.position());
            state.transactionListener(ended);
            final FrameHandler handler = (buffer, offset, length, position) -> {
                ended.onFrame(buffer, offset, length, position);
                state.onFrame(buffer, offset, length, position);
                shelf.onFrame(buffer, offset, length, position);
            };
            final LastEpoch lastEpoch = new LastEpoch();
            final boolean isAlone = node.membership().isAlone();
            final RecoveredTail tail = isAlone
                    ? journal.recover(start.shelvedPosition(), start.position(), ringFrom, handler)
                    : journal.recoverReplica(new ReplicaRecovery(
                            start.shelvedPosition(),
                            Math.max(start.position(), shelf.knownCommitted()),
                            cutsUnproven,
                            handler,
                            lastEpoch));
            // A cell of one has committed all that is durable.
            final long committed = isAlone ? tail.position() : tail.committedBound();
            counters.setAll(committed);
            counters.appended().setRelease(tail.position());
            counters.durable().setRelease(tail.position());
            counters.checkpointed().setRelease(Math.min(start.position(), start.shelvedPosition()));
            shelf.completeRecovery(committed, tail.ringStart());
            state.transactionListener(null);
            openPartitions(state, node.controller().image(), config.laneId());
            LOGGER.info("recovered lane {}: checkpoint={}, tail={}", config.laneId(), start, tail);
            final int epoch = Math.max(lastEpoch.value, state.leaderEpoch());
            final long drained = counters.drained().get();
            return new LaneStore(
                    ring,
                    journal,
                    counters,
                    shelf,
                    start,
                    store,
                    state,
                    tail,
                    epoch,
                    ended.since(drained, node.logs()::transactions),
                    new InstallGate());
        } catch (final RuntimeException ex) {
            journal.close();
            throw ex;
        }
    }

    private static Optional<Checkpoint> loadCheckpoint(
            final Surroundings node, final JournalConfig config, final CheckpointStore store, final int spanLength) {
        return store.loadNewest()
                .map(stored -> CheckpointCodec.decode(
                        stored.buffer(), stored.length(), identity(config), stateConfig(node.config(), spanLength)));
    }

    static LaneStateConfig stateConfig(final EponaConfig config, final int spanLength) {
        return new LaneStateConfig(
                spanLength,
                config.get(StorageKeys.PRODUCER_MAX),
                config.get(StorageKeys.PRODUCER_EXPIRATION).toMillis());
    }

    private static ShelfAgent shelf(
            final Surroundings node, final JournalConfig config, final LogRing ring, final LaneCounters counters) {
        return new ShelfAgent(
                new ShelfContext(
                        config.laneId(),
                        ring,
                        ring.spanLength(config.segmentLength()),
                        counters,
                        node.logs(),
                        node.clock(),
                        node.fatal()),
                shelfConfig(node.config(), ring.length(), config.capacity()));
    }

    private static ShelfConfig shelfConfig(final EponaConfig config, final int ringLength, final long capacity) {
        final ShelfConfig ofLengths = ShelfConfig.defaults(ringLength, capacity);
        final long ageMs = config.get(LogKeys.LOG_DRAIN_AGE).toMillis();
        final long shelveLength =
                Math.max(1, Math.min(config.get(LogKeys.LOG_FLUSH_LENGTH), capacity / MIN_FLUSHES_IN_JOURNAL));
        return new ShelfConfig(
                ofLengths.drainLength(),
                ageMs,
                ofLengths.latestDrainLength(),
                Math.max(ageMs, config.get(LogKeys.LOG_DRAIN_MAX_AGE).toMillis()),
                config.get(LogKeys.LOG_DRAIN_RATE),
                shelveLength,
                config.get(LogKeys.LOG_FLUSH_INTERVAL).toMillis(),
                Math.max(shelveLength, ofLengths.urgentLength()),
                config.get(LogKeys.LOG_FLUSH_WRITE_BACK_RATE),
                config.get(LogKeys.LOG_FLUSH_RATE),
                ofLengths.cycleNs(),
                config.get(LogKeys.LOG_DRAIN_STOP_TIME).toMillis());
    }

    private static void openPartitions(final LaneState state, final ClusterImage image, final int laneId) {
        state.retainPartitions(partitionIndex -> {
            if (partitionIndex >= image.partitionIndexLimit()) {
                throw new IllegalStateException(
                        "the lane's log names a partition that the metadata never gave out: lane="
                                + laneId + ", partitionIndex=" + partitionIndex + ", limit="
                                + image.partitionIndexLimit()
                                + "; the metadata log has lost its end: restore the metadata directory that belongs to"
                                + " this journal");
            }
            final PartitionInfo partition = image.partition(partitionIndex);
            return partition != null && partition.laneId() == laneId;
        });
        image.forEachPartition(partition -> {
            if (partition.laneId() == laneId) {
                state.openPartition(partition.partitionIndex());
            }
        });
    }

    /** After all threads that use it have ended. */
    @Override
    public void close() {
        journal.close();
        ring.close();
    }
}
