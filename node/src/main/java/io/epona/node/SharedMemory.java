package io.epona.node;

import io.epona.node.config.StorageKeys;
import io.epona.runtime.config.Profile;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * What nodes keep in memory file systems: counters and the media driver's directory. Names begin with the data
 * directory's, so a node that starts again finds what the one before it left. Where a node was killed and its data go,
 * whoever removes the data has to remove this, too. Stateless.
 */
public final class SharedMemory {
    private static final String PREFIX = "epona";

    private SharedMemory() {}

    /** How the names of what a node has begin; what follows begins with a dot. */
    static String prefix(final Path realDataDirectory) {
        return PREFIX + realDataDirectory.toString().replace('/', '_');
    }

    /**
     * The directory that nodes use which are started with some settings.
     *
     * @param settings {@code key=value}, as for {@code epona start --set}
     */
    public static Path directory(final List<String> settings) {
        final String set = StorageKeys.COUNTERS_DIR.name() + '=';
        return settings.stream()
                .filter(setting -> setting.startsWith(set))
                .reduce((one, later) -> later)
                .map(setting -> Path.of(setting.substring(set.length())))
                .orElseGet(() ->
                        StorageKeys.COUNTERS_DIR.defaultValue(Profile.SHARED).orElseThrow());
    }

    /**
     * Removes what nodes left that were killed.
     *
     * @param directory below which they had their data; none of them runs any more
     * @param memory the directory that they used
     * @throws IOException when it cannot be looked through, or something cannot be removed
     */
    public static void removeOfNodesBelow(final Path directory, final Path memory) throws IOException {
        final String prefix = prefix(directory.toRealPath()) + '_';
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(
                memory, entry -> entry.getFileName().toString().startsWith(prefix))) {
            for (final Path entry : entries) {
                removeTree(entry);
            }
        } catch (final NoSuchFileException ex) {
            return; // no such memory: no node was ready there
        }
    }

    /** Removes a directory with all that is in it. */
    static void removeTree(final Path tree) throws IOException {
        final List<Path> paths;
        try (Stream<Path> walk = Files.walk(tree)) {
            paths = walk.sorted(Comparator.reverseOrder()).toList();
        }
        for (final Path path : paths) {
            Files.deleteIfExists(path);
        }
    }
}
