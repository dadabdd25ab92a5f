package io.epona.runtime;

import static io.epona.runtime.CountersFileDescriptor.ERROR_LOG_LENGTH_OFFSET;
import static io.epona.runtime.CountersFileDescriptor.FORMAT_VERSION;
import static io.epona.runtime.CountersFileDescriptor.FORMAT_VERSION_OFFSET;
import static io.epona.runtime.CountersFileDescriptor.HEADER_LENGTH;
import static io.epona.runtime.CountersFileDescriptor.HEARTBEAT_MS_OFFSET;
import static io.epona.runtime.CountersFileDescriptor.KEY_SUBJECT_ID_OFFSET;
import static io.epona.runtime.CountersFileDescriptor.KEY_SUBJECT_LENGTH_OFFSET;
import static io.epona.runtime.CountersFileDescriptor.KEY_SUBJECT_OFFSET;
import static io.epona.runtime.CountersFileDescriptor.MAGIC;
import static io.epona.runtime.CountersFileDescriptor.MAGIC_OFFSET;
import static io.epona.runtime.CountersFileDescriptor.METADATA_LENGTH_OFFSET;
import static io.epona.runtime.CountersFileDescriptor.NODE_ID_OFFSET;
import static io.epona.runtime.CountersFileDescriptor.PID_OFFSET;
import static io.epona.runtime.CountersFileDescriptor.START_MS_OFFSET;
import static io.epona.runtime.CountersFileDescriptor.STATE_OFFSET;
import static io.epona.runtime.CountersFileDescriptor.STATE_RUNNING;
import static io.epona.runtime.CountersFileDescriptor.STATE_STOPPED;
import static io.epona.runtime.CountersFileDescriptor.VALUES_LENGTH_OFFSET;
import static io.epona.runtime.CountersFileDescriptor.metadata;
import static io.epona.runtime.CountersFileDescriptor.values;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.agrona.ErrorHandler;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.errors.DistinctErrorLog;
import org.agrona.concurrent.status.AtomicCounter;
import org.agrona.concurrent.status.CountersManager;
import org.agrona.concurrent.status.CountersReader;

/**
 * All counters of a node and its distinct error log, in one mapped file that other processes read with
 * {@link NodeCountersReader} while the node runs, and after it crashed.
 *
 * <p>The file belongs in memory (/dev/shm): the kernel's write-back of a file on a disk makes the writer of a mapped
 * page wait. The node holds a lock on it for as long as it lives. A file that a crashed node left is kept beside the
 * new one under {@link #previousPath(Path)}; a clean stop deletes the node's own.
 *
 * <p>Counters are allocated by any thread (slow path, synchronised), then each is written as its owner likes. The
 * memory is unmapped by the garbage collector only, once nobody can reach a counter any more, so that a straggling
 * thread never writes to unmapped memory.
 */
public final class NodeCounters implements AutoCloseable {
    private static final long LOCK_DEADLINE_NS = 1_000_000_000L;

    /** Files of nodes in this process: to open one a second time here and close it would give up the node's lock. */
    private static final Set<Path> OPEN_HERE = ConcurrentHashMap.newKeySet();

    private final Path path;
    private final FileChannel channel;
    private final UnsafeBuffer file;
    private final CountersManager counters;
    private final DistinctErrorLog errorLog;
    private final ErrorHandler errorHandler;
    private boolean isClosed;

    /**
     * What the file is made for.
     *
     * @param nodeId written into the header
     * @param counterLimit number of counters that fit; each takes 640 bytes
     * @param errorLogLength bytes for distinct errors with their stack traces
     */
    public record Settings(int nodeId, int counterLimit, int errorLogLength) {
        /** Room for 2,048 counters and 512 KiB of distinct errors. */
        public static Settings defaults(final int nodeId) {
            return new Settings(nodeId, 2048, 512 * 1024);
        }
    }

    private NodeCounters(final Path path, final FileChannel channel, final UnsafeBuffer file, final NodeClock clock) {
        this.path = path;
        this.channel = channel;
        this.file = file;
        this.counters = new CountersManager(metadata(file), values(file), StandardCharsets.UTF_8);
        this.errorLog = new DistinctErrorLog(CountersFileDescriptor.errorLog(file), clock::epochMs);
        this.errorHandler = new NodeErrorHandler(errorLog, counter(CounterType.ERRORS), clock);
    }

    /**
     * Makes the file.
     *
     * @param path of the file; its directory must exist
     * @param settings sizes and node id
     * @param clock for the start time and the error log
     * @throws CountersFileException when another node that lives uses the path, or the file cannot be made
     */
    public static NodeCounters create(final Path path, final Settings settings, final NodeClock clock) {
        if (!OPEN_HERE.add(path.toAbsolutePath())) {
            throw inUse(path);
        }
        try {
            setAsidePrevious(path);
            return make(path, settings, clock);
        } catch (final RuntimeException ex) {
            OPEN_HERE.remove(path.toAbsolutePath());
            throw ex;
        }
    }

    static boolean isOpenHere(final Path path) {
        return OPEN_HERE.contains(path.toAbsolutePath());
    }

    private static CountersFileException inUse(final Path path) {
        return new CountersFileException(
                "counters file belongs to a running node: path=" + path + "; stop that node or use another path");
    }

    private static NodeCounters make(final Path path, final Settings settings, final NodeClock clock) {
        final Path fresh = path.resolveSibling(path.getFileName() + ".new");
        try {
            Files.deleteIfExists(fresh);
            final FileChannel channel = FileChannel.open(
                    fresh, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE);
            try {
                if (null == channel.tryLock()) {
                    throw new CountersFileException("counters file is being made by another process: path=" + fresh);
                }
                final UnsafeBuffer file = initialise(channel, settings, clock);
                Files.move(fresh, path, StandardCopyOption.ATOMIC_MOVE);
                return new NodeCounters(path, channel, file, clock);
            } catch (final IOException | RuntimeException ex) {
                channel.close();
                throw ex;
            }
        } catch (final IOException ex) {
            throw new CountersFileException("cannot make the counters file: path=" + path + ", reason=" + ex, ex);
        }
    }

    private static UnsafeBuffer initialise(final FileChannel channel, final Settings settings, final NodeClock clock)
            throws IOException {
        final int metadataLength = settings.counterLimit() * CountersReader.METADATA_LENGTH;
        final int valuesLength = settings.counterLimit() * CountersReader.COUNTER_LENGTH;
        final int length = HEADER_LENGTH + metadataLength + valuesLength + settings.errorLogLength();

        // Written, not only sized: a full /dev/shm is then an error here and not a SIGBUS in a hot thread.
        final ByteBuffer zeros = ByteBuffer.allocateDirect(length);
        while (zeros.hasRemaining()) {
            channel.write(zeros);
        }
        final UnsafeBuffer file = new UnsafeBuffer(
                channel.map(FileChannel.MapMode.READ_WRITE, 0, length).order(ByteOrder.nativeOrder()));
        file.putInt(FORMAT_VERSION_OFFSET, FORMAT_VERSION);
        file.putInt(NODE_ID_OFFSET, settings.nodeId());
        file.putLong(PID_OFFSET, ProcessHandle.current().pid());
        file.putLong(START_MS_OFFSET, clock.epochMs());
        file.putInt(METADATA_LENGTH_OFFSET, metadataLength);
        file.putInt(VALUES_LENGTH_OFFSET, valuesLength);
        file.putInt(ERROR_LOG_LENGTH_OFFSET, settings.errorLogLength());
        file.putInt(STATE_OFFSET, STATE_RUNNING);
        file.putLong(HEARTBEAT_MS_OFFSET, clock.epochMs());
        file.putLongRelease(MAGIC_OFFSET, MAGIC);
        return file;
    }

    /**
     * Where the file of a node that crashed at this path is kept from when the next one starts until one at this path
     * stops cleanly.
     */
    public static Path previousPath(final Path path) {
        return path.resolveSibling(path.getFileName() + ".previous");
    }

    private static void setAsidePrevious(final Path path) {
        if (!Files.exists(path)) {
            return;
        }
        try (FileChannel old = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            if (!tryLockUntilDeadline(old)) {
                throw inUse(path);
            }
            Files.move(path, previousPath(path), StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } catch (final IOException ex) {
            throw new CountersFileException("cannot set the old counters file aside: path=" + path, ex);
        }
    }

    /** Readers hold a lock for an instant when they ask whether the node lives, so one refusal says nothing. */
    private static boolean tryLockUntilDeadline(final FileChannel old) throws IOException {
        final long startNs = System.nanoTime();
        do {
            if (null != old.tryLock()) {
                return true;
            }
            Thread.onSpinWait();
        } while (System.nanoTime() - startNs < LOCK_DEADLINE_NS);
        return false;
    }

    /** Position counters of a lane; call once for each lane. */
    public LaneCounters lane(final int laneId) {
        final String subject = "lane-" + laneId;
        return new LaneCounters(
                counter(CounterType.LANE_APPENDED, laneId, subject),
                counter(CounterType.LANE_DURABLE, laneId, subject),
                counter(CounterType.LANE_COMMITTED, laneId, subject),
                counter(CounterType.LANE_CHECKPOINT_APPLIED, laneId, subject),
                counter(CounterType.LANE_CHECKPOINTED, laneId, subject),
                counter(CounterType.LANE_DRAINED, laneId, subject),
                counter(CounterType.LANE_SHELVED, laneId, subject));
    }

    /**
     * New counters of a lane's role on this node, which does not lead it yet.
     *
     * @param laneId id of the lane
     */
    public LaneRole laneRole(final int laneId) {
        final String subject = "lane-" + laneId;
        final LaneRole role = new LaneRole(
                counter(CounterType.LANE_LEADING_EPOCH, laneId, subject),
                counter(CounterType.LANE_READY_POSITION, laneId, subject),
                counter(CounterType.LANE_IN_SYNC, laneId, subject));
        role.clear();
        return role;
    }

    /**
     * New counters of another replica of a lane.
     *
     * @param laneId id of the lane
     * @param nodeId id of the other node, below 65,536
     */
    public ReplicaCounters replica(final int laneId, final int nodeId) {
        final int subjectId = laneId << Short.SIZE | nodeId;
        final String subject = "lane-" + laneId + "-node-" + nodeId;
        return new ReplicaCounters(
                nodeId,
                counter(CounterType.REPLICA_RECEIVED, subjectId, subject),
                counter(CounterType.REPLICA_ACKED, subjectId, subject));
    }

    /** A new counter of the whole node. */
    public AtomicCounter counter(final CounterType type) {
        return counter(type, 0, type.scope().label());
    }

    /**
     * A new counter.
     *
     * @param type from the catalogue
     * @param subjectId number of what it belongs to, such as the lane id
     * @param subject name of what it belongs to, such as {@code lane-0}
     */
    public AtomicCounter counter(final CounterType type, final int subjectId, final String subject) {
        return counter(type, subjectId, subject, "");
    }

    /**
     * A new counter.
     *
     * @param type from the catalogue
     * @param subjectId number of what it belongs to, such as the lane id
     * @param subject name of what it belongs to, such as {@code lane-0}
     * @param remark added to the label, for example a threshold; may be empty
     */
    public synchronized AtomicCounter counter(
            final CounterType type, final int subjectId, final String subject, final String remark) {
        final byte[] name = subject.getBytes(StandardCharsets.US_ASCII);
        if (name.length > CountersReader.MAX_KEY_LENGTH - KEY_SUBJECT_OFFSET) {
            throw new IllegalArgumentException("name is too long for a counter's key: subject=" + subject);
        }
        final String label = type.label() + ": " + subject + (remark.isEmpty() ? "" : " " + remark);
        return counters.newCounter(label, type.typeId(), key -> {
            key.putInt(KEY_SUBJECT_ID_OFFSET, subjectId);
            key.putInt(KEY_SUBJECT_LENGTH_OFFSET, name.length);
            key.putBytes(KEY_SUBJECT_OFFSET, name);
        });
    }

    /** Counts an error and keeps it in the distinct error log; any thread, never throws. */
    public ErrorHandler errorHandler() {
        return errorHandler;
    }

    /** Distinct errors of this node. */
    public DistinctErrorLog errorLog() {
        return errorLog;
    }

    /** Reads the counters within this process, for the metrics exporter. */
    public CountersView view() {
        return new CountersView(metadata(file), values(file), CountersFileDescriptor.errorLog(file));
    }

    /** Says that the node is alive; one background thread, about once a second. */
    public void heartbeat(final long epochMs) {
        file.putLongRelease(HEARTBEAT_MS_OFFSET, epochMs);
    }

    /** Path of the file. */
    public Path path() {
        return path;
    }

    /** Marks the node as stopped cleanly, deletes the file and gives up the lock. Counters stay usable, unseen. */
    @Override
    public synchronized void close() {
        if (isClosed) {
            return;
        }
        isClosed = true;
        file.putIntRelease(STATE_OFFSET, STATE_STOPPED);
        try (channel) {
            Files.deleteIfExists(path);
            Files.deleteIfExists(previousPath(path));
        } catch (final IOException ex) {
            throw new CountersFileException("cannot delete the counters file: path=" + path, ex);
        } finally {
            OPEN_HERE.remove(path.toAbsolutePath());
        }
    }
}
