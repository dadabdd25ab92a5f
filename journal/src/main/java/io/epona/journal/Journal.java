package io.epona.journal;

import io.epona.codec.FrameHandler;
import io.epona.runtime.FatalHandler;
import io.epona.runtime.LaneCounters;
import io.epona.runtime.Signal;
import io.epona.runtime.budget.StageRecorder;
import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.SystemNanoClock;

/**
 * A lane's log on the device: opened, then recovered once, then written by one {@link JournalWriter}.
 *
 * <p>The thread that assembles the node calls {@link #open}, {@link #recover} and {@link #writer}, in this order, each
 * once. From then on only the writer's thread touches the files. {@link #close()} closes the store, not the ring, and
 * is called when the writer has ended.
 */
public final class Journal implements AutoCloseable {
    private final JournalConfig config;
    private final SegmentStore store;
    private final LogRing ring;
    private final SegmentHeaders headers;
    private final RecoveryRules rules;
    private final JournalTruncation truncation = new JournalTruncation();
    private final JournalBounds bounds;
    private RecoveredTail tail;
    private boolean hasWriter;

    private Journal(
            final JournalConfig config,
            final SegmentStore store,
            final LogRing ring,
            final SegmentHeaders headers,
            final RecoveryRules rules) {
        this.config = config;
        this.store = store;
        this.ring = ring;
        this.headers = headers;
        this.rules = rules;
        this.bounds = new JournalBounds(headers.oldestPosition());
    }

    /**
     * Makes durable whatever an earlier process left in a cache, then reads and checks the segment headers.
     *
     * @param config of the journal.
     * @param store with its segment files, which the journal closes; also when this method throws.
     * @param ring the lane's log ring, fresh.
     * @return the journal, to be recovered.
     * @throws JournalRefusedException when the files are of another journal or a newer version.
     * @throws JournalCorruptException when headers are damaged or do not fit each other.
     * @throws JournalFailedException when the device fails.
     */
    public static Journal open(final JournalConfig config, final SegmentStore store, final LogRing ring) {
        return open(config, store, ring, RecoveryRules.STRICT);
    }

    static Journal open(
            final JournalConfig config, final SegmentStore store, final LogRing ring, final RecoveryRules rules) {
        try {
            checkShape(config, store, ring);
            store.sync();
            final SegmentHeaders headers = new SegmentHeaders(config, store);
            headers.read();
            return new Journal(config, store, ring, headers, rules);
        } catch (final RuntimeException ex) {
            store.close();
            throw ex;
        }
    }

    /**
     * Empties a journal and has its log begin at a position: for a replica that is installed from its leader's
     * partition logs. Whatever the files held is gone, so what is installed must be complete. After this the
     * checkpoints of the old log are removed ({@link CheckpointStore#removeAll()}), then that of the position is
     * stored: in this order, because neither the old log nor the new one may meet a checkpoint of the other. A crash
     * meanwhile leaves the old journal, the new one, or one that {@link #open(JournalConfig, SegmentStore, LogRing)}
     * calls damaged: then this is done again.
     *
     * @param config of the journal.
     * @param store with its segment files, which the journal closes; also when this method throws.
     * @param ring the lane's log ring, fresh.
     * @param position of the first frame to come: the end of a frame of the leader's log.
     * @return the journal, to be recovered from that position on.
     * @throws JournalRefusedException when the files are of another journal or a newer version.
     * @throws JournalFailedException when the device fails.
     */
    public static Journal startAt(
            final JournalConfig config, final SegmentStore store, final LogRing ring, final long position) {
        try {
            checkShape(config, store, ring);
            store.sync();
            new JournalStart(config, store).begin(position, ring.length());
        } catch (final RuntimeException ex) {
            store.close();
            throw ex;
        }
        return open(config, store, ring);
    }

    private static void checkShape(final JournalConfig config, final SegmentStore store, final LogRing ring) {
        if (store.segmentCount() != config.segmentCount()) {
            throw new IllegalArgumentException(
                    "store.segmentCount=" + store.segmentCount() + ", config.segmentCount=" + config.segmentCount());
        }
        if (ring.length() % config.blockLength() != 0) {
            throw new IllegalArgumentException("the ring is shorter than a block: ringLength=" + ring.length()
                    + ", blockLength=" + config.blockLength());
        }
    }

    /**
     * Reads the log from a position to its end, cuts off what a crash left unfinished, and makes the end ready to be
     * written on: bytes behind it are wiped, and its last, partly filled block is in the ring.
     *
     * @param fromPosition of the first frame to be handed on: what the checkpoint says is shelved; 0 without one.
     * @param checkpointPosition all below is in the checkpoint, so it was durable; 0 without one.
     * @param handler gets each frame but padding, in order of position.
     * @return where the log ends; every counter of the lane starts from its position.
     * @throws JournalCorruptException when bytes are bad that were durable; nothing was changed then.
     * @throws JournalRefusedException when a frame is of a newer version; nothing was changed then.
     * @throws JournalFailedException when the device fails.
     */
    public RecoveredTail recover(final long fromPosition, final long checkpointPosition, final FrameHandler handler) {
        return recover(fromPosition, checkpointPosition, Long.MAX_VALUE, handler);
    }

    /**
     * As {@link #recover(long, long, FrameHandler)}, with more of the log's end in the ring than its last block.
     *
     * @param ringFromPosition the ring is filled from here on, as far back as it can be:
     *     {@link RecoveredTail#ringStart()}.
     */
    public RecoveredTail recover(
            final long fromPosition,
            final long checkpointPosition,
            final long ringFromPosition,
            final FrameHandler handler) {
        if (null != tail) {
            throw new IllegalStateException("recovered already: tail=" + tail);
        }
        tail = new JournalRecovery(config, store, headers, ring, rules)
                .recover(fromPosition, checkpointPosition, ringFromPosition, handler);
        return tail;
    }

    /**
     * As {@link #recover(long, long, FrameHandler)}, on a node of a cell with other nodes: tells frames that are known
     * to be committed from those that are not, and leaves the latter in the ring.
     *
     * @param request from where, and who gets the frames.
     * @return where the log ends, and how far it is known to be committed.
     * @throws JournalCorruptException when bytes are bad that were durable; nothing was changed, and no handler called.
     * @throws JournalRefusedException when a frame is of a newer version, or ring and segment lengths do not fit what
     *     the journal holds; nothing was changed, and no handler called.
     * @throws JournalFailedException when the device fails.
     */
    public RecoveredTail recoverReplica(final ReplicaRecovery request) {
        if (null != tail) {
            throw new IllegalStateException("recovered already: tail=" + tail);
        }
        tail = new JournalRecovery(config, store, headers, ring, rules).recoverReplica(request);
        return tail;
    }

    /**
     * Makes the only writer. It starts at the recovered tail, to which it sets {@code durable}.
     *
     * @param counters of the lane; {@code appended} and {@code checkpointed} are read, {@code durable} is written.
     * @param recorder that records {@link io.epona.runtime.budget.Stage#DEVICE_WRITE}; the writer's thread owns it.
     * @param onDurable raised after each advance of {@code durable}.
     * @param fatalHandler told when the writer has fenced itself.
     * @return the writer, to be run by one thread.
     */
    public JournalWriter writer(
            final LaneCounters counters,
            final StageRecorder recorder,
            final Signal onDurable,
            final FatalHandler fatalHandler) {
        return writer(counters, recorder, onDurable, fatalHandler, SystemNanoClock.INSTANCE);
    }

    /**
     * As {@link #writer(LaneCounters, StageRecorder, Signal, FatalHandler)}, with a clock of the caller's: simulations
     * replay exactly then.
     *
     * @param clock that tells how long a write took and how long there was none.
     */
    public JournalWriter writer(
            final LaneCounters counters,
            final StageRecorder recorder,
            final Signal onDurable,
            final FatalHandler fatalHandler,
            final NanoClock clock) {
        if (null == tail || hasWriter) {
            throw new IllegalStateException(null == tail ? "not recovered" : "there is a writer already");
        }
        hasWriter = true;
        final JournalWriter.Context context = new JournalWriter.Context(
                config,
                store,
                ring,
                headers,
                bounds,
                truncation,
                rules,
                counters,
                recorder,
                onDurable,
                fatalHandler,
                clock);
        return new JournalWriter(context, tail.position());
    }

    /** What of the log can be read while it is written. */
    public JournalBounds bounds() {
        return bounds;
    }

    /**
     * Opens a reader of the log that may be used by another thread while the journal is written. It has descriptors of
     * its own; its user closes it.
     */
    public JournalReader openReader() {
        return new JournalReader(config, store.openReader(), bounds, ring.spanLength(config.segmentLength()));
    }

    /** Where the lane has this journal cut. */
    public JournalTruncation truncation() {
        return truncation;
    }

    /** What the journal is. */
    public JournalConfig config() {
        return config;
    }

    @Override
    public void close() {
        store.close();
    }
}
