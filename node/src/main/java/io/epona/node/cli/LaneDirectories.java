package io.epona.node.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Finds the lanes' journals that a command is asked to look at. */
final class LaneDirectories {
    private static final String LANE_PREFIX = "lane-";

    private LaneDirectories() {}

    /**
     * The directories of lanes in a data directory, in a journal directory, or the one lane directory itself.
     *
     * @throws IOException when there is none
     */
    static List<Path> below(final Path directory) throws IOException {
        if (isLane(directory.toAbsolutePath())) {
            return List.of(directory);
        }
        for (final Path parent : List.of(directory.resolve("journal"), directory)) {
            final List<Path> lanes = lanesIn(parent);
            if (!lanes.isEmpty()) {
                return lanes;
            }
        }
        throw new IOException("no journal in " + directory
                + "; name the node's data directory, its journal directory, or a lane-<id> directory");
    }

    /** The data directory that a lane's directory is in, as long as the configuration puts no journal elsewhere. */
    static Path dataDirectory(final Path lane) {
        final Path journals = lane.toAbsolutePath().normalize().getParent();
        return journals.getParent() == null ? journals : journals.getParent();
    }

    private static List<Path> lanesIn(final Path parent) throws IOException {
        if (!Files.isDirectory(parent)) {
            return List.of();
        }
        try (Stream<Path> children = Files.list(parent)) {
            return children.filter(LaneDirectories::isLane).sorted().toList();
        }
    }

    private static boolean isLane(final Path path) {
        final Path name = path.getFileName();
        return name != null && name.toString().matches(LANE_PREFIX + "\\d+") && Files.isDirectory(path);
    }
}
