package io.epona.controller;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * The metadata of a node that does not run, as its metadata log has them: for tools that look at what the node keeps.
 * Reads only, and takes no lock: who calls keeps a node from starting meanwhile, if that matters. Stateless.
 */
public final class OfflineMetadata {
    /** More lanes than any configuration has: where a partition is placed comes from the log. */
    private static final int MAX_LANES = 64;

    private static final int NO_NODE = -1;

    private OfflineMetadata() {}

    /**
     * Reads the log.
     *
     * @param directory the node's metadata directory.
     * @return the image after the last complete group; empty when the directory has no metadata log, as on a node of a
     *     cell of several.
     * @throws MetadataLogException when the log is damaged, or of a newer format.
     * @throws IOException when it cannot be read.
     */
    public static Optional<ClusterImage> read(Path directory) throws IOException {
        Path file = directory.resolve(MetadataLog.FILE_NAME);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        ClusterImage empty = ImageFold.empty(NO_NODE, CellState.ofOneNode(NO_NODE, MAX_LANES, 1));
        ImageFold fold = new ImageFold(empty, new TopicConfigs(Map.of()));
        MetadataLogScan scan = new MetadataLogScan(file.toString(), ByteBuffer.wrap(Files.readAllBytes(file)));
        scan.run(fold::applyAll);
        return Optional.of(fold.build(scan.nextIndex() - 1));
    }
}
