package io.epona.node;

import io.epona.controller.Endpoint;
import io.epona.controller.LanePosition;
import io.epona.controller.NodeRegistration;
import io.epona.journal.JournalCorruptException;
import io.epona.node.cell.StorageIdentity;
import io.epona.node.install.InstallRecords;
import io.epona.runtime.LaneCounters;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
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
 * What a node of a cell of several does about its own disks at a start: knows whether they are those that it had, sets
 * aside a lane that is damaged and begins it anew, and tells the controller what each lane is worth. Used by the thread
 * that assembles and closes the node.
 */
final class ReplicaStorage {
    private static final Logger LOGGER = LoggerFactory.getLogger(ReplicaStorage.class);

    private static final String ASIDE = ".aside-";

    private final long startedMs = System.currentTimeMillis();
    private final NodeDirectories directories;
    private final StorageIdentity identity;
    private final InstallRecords installs;
    private final Set<Integer> lost = new HashSet<>();

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

    /** Opens a lane; one whose journal is damaged is set aside and begins empty, to be replicated anew. */
    LaneStore openLane(final Surroundings node, final int laneId) {
        if (!identity.isWhole() || identity.isLost(laneId)) {
            lost.add(laneId);
        }
        final LaneCounters counters = node.counters().lane(laneId);
        if (installs.isBegun(laneId)) {
            return openInstalled(node, laneId, counters);
        }
        try {
            return LaneStore.open(node, laneId, counters);
        } catch (final JournalCorruptException ex) {
            // The controller hears that this copy is lost, so nobody counts on it until it has caught up.
            identity.markLost(laneId);
            lost.add(laneId);
            if (ex.damage().mayBeTorn()) {
                LOGGER.warn("the end of lane {} is torn; it is cut off and fetched from the leader", laneId, ex);
                return LaneStore.open(node, laneId, counters, true);
            }
            LOGGER.error("lane {} is damaged; it is set aside and replicated anew", laneId, ex);
            // Its partition logs stay: what is missing in them is fetched from the leader's.
            installs.begin(laneId);
            setAside(LaneStore.directory(node, laneId), directories.journals());
            return openInstalled(node, laneId, counters);
        }
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

    /**
     * The controller knows what each lane is worth. Not before may the directories forget it: a start after a crash
     * would call lanes intact that were begun anew.
     */
    void onRegistered() {
        identity.adopt(List.of(directories.journals(), directories.logs()));
        lost.forEach(identity::forgetLost);
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
                if (!name.equals(StorageIdentity.FILE_NAME)) {
                    setAside(entry, directory);
                }
            }
        } catch (final IOException ex) {
            throw new UncheckedIOException("cannot set aside what is in " + directory, ex);
        }
    }

    /** Moved, not removed: an operator may need it. */
    private void setAside(final Path entry, final Path parent) {
        try {
            final Path aside = Files.createDirectories(parent.resolveSibling(parent.getFileName() + ASIDE + startedMs));
            Files.move(entry, aside.resolve(entry.getFileName()));
            LOGGER.warn("set aside: {} is in {} now; remove it when it is not needed any more", entry, aside);
        } catch (final IOException ex) {
            throw new UncheckedIOException("cannot set aside what is damaged: " + entry + "; move it away by hand", ex);
        }
    }
}
