package io.epona.node;

import io.epona.controller.Endpoint;
import io.epona.controller.LanePosition;
import io.epona.controller.NodeRegistration;
import io.epona.journal.JournalConfig;
import io.epona.journal.JournalCorruptException;
import io.epona.node.cell.StorageIdentity;
import io.epona.node.install.InstallRecords;
import io.epona.runtime.LaneCounters;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.agrona.concurrent.UnsafeBuffer;
import org.apache.kafka.common.Uuid;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a node of a cell of several does about its own disks at a start: knows whether they are those that it had, has a
 * lane that is damaged replicated anew, and tells the controller what each lane is worth. Used by the thread that
 * assembles and closes the node.
 */
final class ReplicaStorage {
    private static final Logger LOGGER = LoggerFactory.getLogger(ReplicaStorage.class);

    private static final String ASIDE = ".aside-";

    /**
     * Beside the lanes' directories: journals in the place of those that are damaged, until the lanes are installed.
     */
    private static final String STAND_INS = "stand-in";

    private final long startedMs = System.currentTimeMillis();
    private final NodeDirectories directories;
    private final StorageIdentity identity;
    private final InstallRecords installs;
    private final Set<Integer> lost = new HashSet<>();

    /** Lanes whose end is to be cut off once the controller has taken this node's copies out of sync. */
    private final Set<Integer> torn = new HashSet<>();

    private ReplicaStorage(final NodeDirectories directories, final StorageIdentity identity) {
        this.directories = directories;
        this.identity = identity;
        this.installs = new InstallRecords(directories.data());
    }

    /** How far installations of lanes are. */
    InstallRecords installs() {
        return installs;
    }

    /** Reads the identity of the directories; sets aside what does not belong together. */
    static ReplicaStorage open(final NodeDirectories directories) {
        final ReplicaStorage storage = new ReplicaStorage(
                directories,
                StorageIdentity.open(directories.data(), List.of(directories.journals(), directories.logs())));
        if (!storage.identity.isWhole()) {
            LOGGER.error(
                    "a directory of this node was lost or exchanged: what is left of its lanes is set aside, and they"
                            + " are replicated anew: journals={}, logs={}",
                    directories.journals(),
                    directories.logs());
            storage.setAsideAll(directories.journals());
            storage.setAsideAll(directories.logs());
        }
        return storage;
    }

    /** Opens a lane; one whose journal is damaged is held, to be replicated anew. */
    LaneStore openLane(final Surroundings node, final int laneId) {
        if (!identity.isWhole()) {
            identity.forgetDamaged(laneId); // it is set aside with all the rest
        }
        if (!identity.isWhole() || identity.isLost(laneId)) {
            lost.add(laneId);
        }
        final LaneCounters counters = node.counters().lane(laneId);
        if (installs.isBegun(laneId)) {
            return openInstalled(node, laneId, counters);
        }
        if (Files.exists(standIn(laneId))) {
            removeStandIn(laneId);
            node.logs().forgetDrained(laneId); // it is the stand-in's
        }
        if (identity.isDamaged(laneId) && !isLast(node, laneId)) {
            return openDamaged(node, laneId, counters, "it could not be read when another node needed it", null);
        }
        try {
            return LaneStore.open(node, laneId, counters);
        } catch (final JournalCorruptException ex) {
            if (!ex.damage().mayBeTorn()) {
                return openDamaged(node, laneId, counters, ex.getMessage(), ex);
            }
            refuseIfLast(node, laneId, ex.getMessage(), ex);
            if (isInSync(node, laneId) && !identity.isLost(laneId)) {
                LOGGER.error(
                        "the end of lane {} is torn; it stays as it is until others are known to have it", laneId, ex);
                torn.add(laneId);
                return openStandIn(node, laneId, counters);
            }
            // The controller hears that this copy is lost, so nobody counts on it until it has caught up.
            identity.markLost(laneId);
            lost.add(laneId);
            LOGGER.warn("the end of lane {} is torn; it is cut off and fetched from the leader", laneId, ex);
            return LaneStore.open(node, laneId, counters, true);
        }
    }

    /**
     * Opens a lane whose copy is damaged. The copy stays where it is until another node leads the lane, and everything
     * was fetched from there: if nobody can, it is the best there is.
     */
    private LaneStore openDamaged(
            final Surroundings node,
            final int laneId,
            final LaneCounters counters,
            final String damage,
            final JournalCorruptException cause) {
        refuseIfLast(node, laneId, damage, cause);
        LOGGER.error(
                "this node's copy of lane {} is damaged: it is replicated anew from the lane's leader, and set aside"
                        + " then: {}",
                laneId,
                damage);
        return openStandIn(node, laneId, counters);
    }

    /** As in a cell of one: nobody else has what is damaged, and the controller must not take it for given up. */
    private static void refuseIfLast(
            final Surroundings node, final int laneId, final String damage, final JournalCorruptException cause) {
        if (isLast(node, laneId)) {
            throw new IllegalStateException(
                    "this node has the only in-sync copy of lane " + laneId + ", and it is damaged: " + damage
                            + "; no other node can stand in for it: restore the file, or the node's data directory",
                    cause);
        }
    }

    /** As far as is known here: what the controller knows when this node registers decides. */
    private static boolean isLast(final Surroundings node, final int laneId) {
        return inSync(node, laneId).equals(List.of(node.membership().nodeId()));
    }

    private static boolean isInSync(final Surroundings node, final int laneId) {
        return inSync(node, laneId).contains(node.membership().nodeId());
    }

    private static List<Integer> inSync(final Surroundings node, final int laneId) {
        return node.controller().image().lane(laneId).isr();
    }

    private LaneStore openStandIn(final Surroundings node, final int laneId, final LaneCounters counters) {
        lost.add(laneId);
        node.logs().forgetDrained(laneId);
        try {
            return LaneStore.openStandIn(node, laneId, counters, Files.createDirectories(standIns()));
        } catch (final IOException ex) {
            throw new UncheckedIOException("no journal can be made for a lane that is damaged: laneId=" + laneId, ex);
        }
    }

    private Path standIns() {
        return directories.journals().resolve(STAND_INS);
    }

    private Path standIn(final int laneId) {
        return JournalConfig.laneDirectory(standIns(), laneId);
    }

    private void removeStandIn(final int laneId) {
        final Path standIn = standIn(laneId);
        if (!Files.exists(standIn)) {
            return;
        }
        try {
            SharedMemory.removeTree(standIn);
        } catch (final IOException ex) {
            throw new UncheckedIOException("cannot remove what is not needed any more: " + standIn, ex);
        }
    }

    /** Notes that a lane's journal could not be read while the node ran; the next start sees to it. */
    void markDamaged(final int laneId) {
        identity.markDamaged(laneId);
    }

    /**
     * Opens a lane whose copy is made anew from its leader's. When its partition logs are complete up to a checkpoint,
     * the journal begins there, and the lane may follow; else it is held, and the installation goes on. A crash before
     * the end of this has it done again.
     */
    private LaneStore openInstalled(final Surroundings node, final int laneId, final LaneCounters counters) {
        identity.markLost(laneId);
        lost.add(laneId);
        if (!identity.isWhole()) {
            installs.discard(laneId); // the logs that it is about are set aside
        }
        final Optional<UnsafeBuffer> completed =
                installs.completed(laneId).filter(checkpoint -> LaneStore.isUsable(node, laneId, checkpoint));
        if (completed.isEmpty() && Files.exists(standIn(laneId))) {
            LOGGER.warn("lane {} is damaged here; its installation goes on", laneId);
            return openStandIn(node, laneId, counters);
        }
        if (Files.exists(standIn(laneId))) {
            setAsideDamaged(node, laneId);
        }
        LaneStore.begin(node, laneId, completed);
        node.logs().forgetDrained(laneId);
        if (completed.isPresent()) {
            installs.end(laneId);
            LOGGER.info("lane {} is installed; it follows its leader from there", laneId);
            return LaneStore.open(node, laneId, counters);
        }
        LOGGER.warn("the copy of lane {} is half made; its installation goes on", laneId);
        return LaneStore.open(node, laneId, counters).held();
    }

    /** The stand-in goes last: while it is there, the journal is the damaged one, or is gone. */
    private void setAsideDamaged(final Surroundings node, final int laneId) {
        final Path damaged = LaneStore.directory(node, laneId);
        if (Files.exists(damaged)) {
            setAside(damaged, directories.journals());
        }
        identity.forgetDamaged(laneId);
        removeStandIn(laneId);
    }

    /**
     * The controller knows what each lane is worth. Not before may the directories forget it: a start after a crash
     * would call lanes intact that were begun anew.
     *
     * @return true when the node is to be started anew, because only now lanes may be touched whose end is torn
     */
    boolean onRegistered() {
        identity.adopt(List.of(directories.journals(), directories.logs()));
        torn.forEach(identity::markLost);
        lost.stream().filter(laneId -> !torn.contains(laneId)).forEach(identity::forgetLost);
        return !torn.isEmpty();
    }

    /** What the node says of itself. */
    NodeRegistration registration(final List<Endpoint> endpoints, final List<LaneStore> lanes) {
        final List<LanePosition> positions = new ArrayList<>();
        for (int laneId = 0; laneId < lanes.size(); laneId++) {
            final LaneStore lane = lanes.get(laneId);
            positions.add(new LanePosition(
                    laneId,
                    !lost.contains(laneId),
                    lane.lastEpoch(),
                    lane.tail().position()));
        }
        final LaneStore any = lanes.getFirst();
        return new NodeRegistration(
                identity.storageId(),
                identity.cleanStopOf(),
                any.ring().spanLength(any.journal().config().segmentLength()),
                endpoints,
                null,
                positions);
    }

    void markCleanStop(final Uuid incarnationId) {
        identity.markCleanStop(incarnationId);
    }

    private void setAsideAll(final Path directory) {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            for (final Path entry : entries) {
                final String name = entry.getFileName().toString();
                if (!name.equals(StorageIdentity.FILE_NAME) && !name.contains(ASIDE)) {
                    setAside(entry, directory);
                }
            }
        } catch (final IOException ex) {
            throw new UncheckedIOException("cannot set aside what is in " + directory, ex);
        }
    }

    /**
     * Moved, not removed: an operator may need it. Beside the directory, or into it when it is a file system of its
     * own.
     */
    private void setAside(final Path entry, final Path parent) {
        try {
            final String name = parent.getFileName() + ASIDE + startedMs;
            Path aside = parent.resolveSibling(name);
            if (!Files.getFileStore(parent).equals(Files.getFileStore(parent.getParent()))) {
                aside = parent.resolve(name);
            }
            Files.createDirectories(aside);
            Files.move(entry, aside.resolve(entry.getFileName()), StandardCopyOption.ATOMIC_MOVE);
            LOGGER.warn("set aside: {} is in {} now; remove it when it is not needed any more", entry, aside);
        } catch (final IOException ex) {
            throw new UncheckedIOException("cannot set aside what is damaged: " + entry + "; move it away by hand", ex);
        }
    }
}
