package io.epona.node.install;

import io.epona.partitionlog.LogImport;
import io.epona.partitionlog.PartitionDirectory;
import io.epona.partitionlog.PartitionLogs;
import io.epona.runtime.FatalHandler;
import io.epona.sequencer.LaneStateConfig;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.agrona.CloseHelper;
import org.agrona.concurrent.status.AtomicCounter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Installs the lanes of this node that cannot follow their leaders, on a thread of its own, while the node's other
 * lanes go on: has each held, fills its partition logs from its leader's, round after round, until the last round was
 * so short that the leader's journal reaches back to its checkpoint for some time. Then the node starts anew: lanes and
 * gateways know the positions of their logs from the start, so that is where a lane gets others.
 *
 * <p>Whatever is interrupted (a leader that is gone, a crash) goes on from what the partition logs have by then.
 */
public final class Installer implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(Installer.class);
    private static final long STOP_TIMEOUT_MS = 20_000;

    /** What the installer knows of the cell. Any thread. */
    public interface Cell {
        /**
         * Where the node that leads a lane gives others what they install.
         *
         * @return empty when nobody leads, this node does, or it is in sync: then the lane needs no installation
         */
        Optional<InetSocketAddress> source(int laneId);
    }

    /**
     * What an installer counts.
     *
     * @param lanes being installed
     * @param receivedLength bytes of records
     * @param retries interruptions
     */
    public record Meters(AtomicCounter lanes, AtomicCounter receivedLength, AtomicCounter retries) {}

    /**
     * What an installer works with.
     *
     * @param nodeId of this node
     * @param lanes that may have to be installed
     * @param stateConfig of their states
     * @param cell tells where from
     * @param directory the partitions that exist
     * @param logs to be filled
     * @param records note how far it is
     * @param lengthPerSecond at most so many bytes of records in a second
     * @param meters counts
     * @param restart has the node start anew
     * @param fatal ends the node when its partition logs cannot be written
     */
    public record Context(
            int nodeId,
            List<InstalledLane> lanes,
            LaneStateConfig stateConfig,
            Cell cell,
            PartitionDirectory directory,
            PartitionLogs logs,
            InstallRecords records,
            long lengthPerSecond,
            Meters meters,
            Runnable restart,
            FatalHandler fatal) {
        /** Copies the list. */
        public Context {
            lanes = List.copyOf(lanes);
        }
    }

    private final Context context;
    private final Pace pace;
    private final LogImport logs;
    private final Map<Integer, LaneCopier> copiers = new TreeMap<>();
    private final Thread thread;
    private volatile boolean isClosed;
    private volatile InstallClient connected;
    private long startedNs;
    private long restUntilNs;
    private boolean isFollowing;
    private long readySinceNs;
    private boolean isReady;

    /** An installer that does nothing yet. */
    public Installer(final Context context) {
        this.context = context;
        this.pace = new Pace(context.lengthPerSecond());
        this.logs = new LogImport(context.logs());
        this.thread = Thread.ofPlatform().daemon().name("installer").unstarted(this::run);
    }

    /** Starts its thread. */
    public void start() {
        thread.start();
    }

    private void run() {
        startedNs = System.nanoTime();
        restUntilNs = startedNs;
        try {
            while (!isClosed && !install()) {
                Thread.sleep(InstallLimits.IDLE_POLL_MS);
            }
        } catch (final InterruptedException ex) {
            Thread.currentThread().interrupt();
        } catch (final RuntimeException ex) {
            if (!isClosed) {
                context.fatal().onFatal("installer", ex);
            }
        } finally {
            logs.close();
        }
    }

    /** One round of each lane that needs it; true when the node is to start anew. */
    private boolean install() throws InterruptedException {
        final List<InstalledLane> needed =
                context.lanes().stream().filter(lane -> lane.gate().isNeeded()).toList();
        context.meters().lanes().setRelease(needed.size());
        forgetTries();
        if (needed.isEmpty() || System.nanoTime() - restUntilNs < 0) {
            return false;
        }
        if (copiers.isEmpty()) {
            Thread.sleep(InstallLimits.GATHER_MS);
        }
        final long beginNs = System.nanoTime();
        final Map<InstalledLane, LaneCopier.Round> ready = new LinkedHashMap<>();
        for (final InstalledLane lane : needed) {
            round(lane).ifPresent(round -> ready.put(lane, round));
            if (isClosed) {
                return false;
            }
        }
        final boolean isShort =
                System.nanoTime() - beginNs < TimeUnit.MILLISECONDS.toNanos(InstallLimits.MAX_LAST_PASS_MS);
        return isShort && finish(needed.size(), ready);
    }

    private boolean finish(final int neededCount, final Map<InstalledLane, LaneCopier.Round> ready) {
        final long nowNs = System.nanoTime();
        if (ready.isEmpty()) {
            isReady = false;
            return false;
        }
        if (!isReady) {
            isReady = true;
            readySinceNs = nowNs;
        }
        final boolean waitsForOthers = ready.size() < neededCount
                && nowNs - readySinceNs < TimeUnit.MILLISECONDS.toNanos(InstallLimits.MAX_WAIT_MS);
        if (waitsForOthers) {
            return false;
        }
        if (mustRest(ready.keySet())) {
            return false;
        }
        ready.forEach((lane, round) -> {
            context.records().countTry(lane.laneId());
            context.records().complete(lane.laneId(), round.checkpoint());
        });
        LOGGER.info(
                "the partition logs of lanes {} are complete: the node starts anew, to follow their leaders from there",
                ready.keySet().stream().map(InstalledLane::laneId).toList());
        context.restart().run();
        return true;
    }

    /**
     * A lane for which the node has started anew and that was too old again by then will hardly do better at once; what
     * was written meanwhile is fetched after the rest.
     */
    private boolean mustRest(final Set<InstalledLane> ready) {
        final int tries = ready.stream()
                .mapToInt(lane -> context.records().tries(lane.laneId()))
                .max()
                .orElse(0);
        final long untilNs = startedNs + TimeUnit.MILLISECONDS.toNanos(InstallLimits.restMs(tries));
        if (System.nanoTime() - untilNs >= 0) {
            return false;
        }
        restUntilNs = untilNs;
        LOGGER.warn(
                "lanes {} were installed {} times and could not follow: more was written while this node started than"
                        + " their leaders' journals hold (journal.segment.count); the next start is in {} s",
                ready.stream().map(InstalledLane::laneId).toList(),
                tries,
                TimeUnit.NANOSECONDS.toSeconds(untilNs - System.nanoTime()));
        return true;
    }

    private void forgetTries() {
        if (isFollowing || System.nanoTime() - startedNs < TimeUnit.MILLISECONDS.toNanos(InstallLimits.FOLLOWS_MS)) {
            return;
        }
        isFollowing = true;
        context.lanes().stream()
                .filter(lane -> !lane.gate().isNeeded())
                .forEach(lane -> context.records().forgetTries(lane.laneId()));
    }

    /** Copies what is missing; empty when that was interrupted, or has to be done once more. */
    private Optional<LaneCopier.Round> round(final InstalledLane lane) throws InterruptedException {
        try {
            final Optional<InetSocketAddress> source = context.cell().source(lane.laneId());
            if (source.isEmpty() || !isHeld(lane)) {
                return Optional.empty();
            }
            final LaneCopier copier = copiers.computeIfAbsent(lane.laneId(), laneId -> copier(lane));
            try (InstallClient client = InstallClient.connect(
                    source.get(),
                    new InstallClient.Asking(
                            context.nodeId(),
                            lane.laneId(),
                            lane.journal().clusterIdHigh(),
                            lane.journal().clusterIdLow()))) {
                connected = client;
                return isClosed
                        ? Optional.empty()
                        : Optional.of(copier.copy(client)).filter(LaneCopier.Round::hasRoom);
            }
        } catch (final IOException | NotReadyException ex) {
            if (!isClosed) {
                context.meters().retries().incrementRelease();
                LOGGER.warn(
                        "lane {}: the installation is interrupted, and goes on: {}", lane.laneId(), ex.getMessage());
                Thread.sleep(InstallLimits.RETRY_MS);
            }
            return Optional.empty();
        } finally {
            logs.release();
        }
    }

    /**
     * Whether the lane is out of the way, by now. Its copy is noted as half made only when nobody can count on it any
     * more, and before it is touched.
     */
    private boolean isHeld(final InstalledLane lane) {
        if (!lane.gate().isHeld()) {
            lane.gate().hold();
            return false;
        }
        if (!lane.isQuiet()) {
            lane.shelf().requestDrain();
            lane.shelf().requestShelve();
            return false;
        }
        if (!context.records().isBegun(lane.laneId())) {
            LOGGER.warn(
                    "lane {} is installed anew from its leader's partition logs; this node has no copy until then",
                    lane.laneId());
            context.records().begin(lane.laneId());
        }
        return true;
    }

    private LaneCopier copier(final InstalledLane lane) {
        final LaneCopier[] copier = new LaneCopier[1];
        copier[0] = new LaneCopier(context, lane.journal(), new PartitionCopier(logs, pace, length -> {
            context.meters().receivedLength().getAndAddRelease(length);
            copier[0].onReceived(length);
        }));
        return copier[0];
    }

    /** Stops; what was copied stays. */
    @Override
    public void close() {
        isClosed = true;
        // Not interrupted: that would close the files of the partition logs that it writes.
        CloseHelper.close(connected);
        try {
            if (thread.isAlive() && !thread.join(Duration.ofMillis(STOP_TIMEOUT_MS))) {
                throw new IllegalStateException("the installer does not end");
            }
        } catch (final InterruptedException ex) {
            Thread.currentThread().interrupt();
        }
    }
}
