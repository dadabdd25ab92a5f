package io.epona.journal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Sets the directory of a damaged lane aside, so that new files can be made in its place and the old ones looked at.
 * Stateless; for the thread that assembles a node, while nothing is open in the directory.
 */
public final class DamagedLane {
    /** Ends the name of a directory that was set aside. */
    public static final String SUFFIX = ".damaged";

    private DamagedLane() {}

    /**
     * Gives the lane's directory another name. One is kept: what was set aside before is removed, because segment files
     * are long. A crash meanwhile leaves the lane's directory as it is, or none.
     *
     * @param config of the journal.
     * @return where the directory is now; a node that starts without one makes it anew.
     * @throws JournalRefusedException when another process, or this one, still uses it.
     */
    public static Path setAside(final JournalConfig config) {
        final Path lane = config.laneDirectory();
        final Path aside = lane.resolveSibling(lane.getFileName() + SUFFIX);
        final JournalLock lock = JournalLock.acquire(lane);
        try {
            delete(aside);
            Files.move(lane, aside, StandardCopyOption.ATOMIC_MOVE);
        } catch (final IOException ex) {
            throw new UncheckedIOException(ex);
        } finally {
            lock.close();
        }
        NativeFile.syncPath(config.directory());
        return aside;
    }

    private static void delete(final Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        final List<Path> paths;
        try (Stream<Path> found = Files.walk(directory)) {
            paths = found.sorted(Comparator.reverseOrder()).toList();
        }
        for (final Path path : paths) {
            Files.delete(path);
        }
    }
}
