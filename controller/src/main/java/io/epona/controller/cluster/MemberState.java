package io.epona.controller.cluster;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import org.agrona.IoUtil;

/**
 * What a member knows about itself before it opens the log: whether it may vote. Kept in a small text file that is
 * replaced as a whole, durably.
 *
 * @param nodeId whose directory this is.
 * @param memberIds the members of the cell when it was written, ascending.
 * @param cellId which cell the log belongs to; while {@link Phase#EMPTY}, the id that this member would propose.
 * @param phase whether there is a log.
 */
record MemberState(int nodeId, List<Integer> memberIds, UUID cellId, Phase phase) {
    static final String FILE_NAME = "member.properties";

    private static final String TEMPORARY_NAME = "member.properties.tmp";
    private static final String VERSION = "1";

    /** Where a member is on its way into the cell. */
    enum Phase {
        /**
         * Has nothing, and has promised nothing: it may take part in making a cell, if none of the others has a log.
         */
        EMPTY,
        /**
         * Has to fetch the log of the cell from a leader before it votes. What is in the directory counts for nothing.
         */
        SEEDING,
        /** Has a log (be it an empty one of a cell just made) and a vote. */
        MEMBER
    }

    MemberState {
        memberIds = memberIds.stream().sorted().toList();
    }

    MemberState with(Phase newPhase, UUID newCellId) {
        return new MemberState(nodeId, memberIds, newCellId, newPhase);
    }

    /**
     * Reads the state of a directory, or begins one.
     *
     * @throws ClusterLogException when the directory belongs to another node or another set of members.
     */
    static MemberState open(Path directory, int nodeId, List<Integer> memberIds) {
        Path file = directory.resolve(FILE_NAME);
        try {
            if (!Files.exists(file)) {
                MemberState fresh = new MemberState(nodeId, memberIds, UUID.randomUUID(), Phase.EMPTY);
                fresh.store(directory);
                return fresh;
            }
            MemberState found = parse(file, Files.readString(file));
            found.requireSame(file, new MemberState(nodeId, memberIds, found.cellId, found.phase));
            return found;
        } catch (IOException e) {
            throw new ClusterLogException("state of the member cannot be kept: file=" + file + "; check the device", e);
        }
    }

    /** Writes the state, synced, in the place of the old one. */
    void store(Path directory) {
        Path temporary = directory.resolve(TEMPORARY_NAME);
        String text = "# Epona: what this node knows of its cell. Do not copy to another node.\nversion=" + VERSION
                + "\nnode.id=" + nodeId + "\nmember.ids="
                + memberIds.stream().map(String::valueOf).collect(Collectors.joining(",")) + "\ncell.id=" + cellId
                + "\nphase=" + phase + "\n";
        try {
            Files.writeString(temporary, text, StandardCharsets.UTF_8);
            try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
                channel.force(true);
            }
            Files.move(
                    temporary,
                    directory.resolve(FILE_NAME),
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
            syncDirectory(directory);
        } catch (IOException e) {
            throw new ClusterLogException(
                    "state of the member cannot be kept: directory=" + directory + "; check the device", e);
        }
    }

    /** Removes directories that count for nothing, durably, except the files named. */
    static void wipe(Path directory, List<String> keptNames) {
        if (!Files.exists(directory)) {
            return;
        }
        try (var entries = Files.list(directory)) {
            for (Path entry : entries.toList()) {
                if (!keptNames.contains(entry.getFileName().toString())) {
                    IoUtil.delete(entry.toFile(), false);
                }
            }
            syncDirectory(directory);
        } catch (IOException e) {
            throw new ClusterLogException(
                    "old log cannot be removed: directory=" + directory + "; check the device", e);
        }
    }

    private void requireSame(Path file, MemberState expected) {
        if (nodeId != expected.nodeId) {
            throw new ClusterLogException("directory is of another node: file=" + file + ", its node.id=" + nodeId
                    + ", this node.id=" + expected.nodeId + "; give each node a directory of its own");
        }
        if (!memberIds.equals(expected.memberIds)) {
            throw new ClusterLogException("directory is of a cell with other members: file=" + file
                    + ", its member.ids=" + memberIds + ", cell.members has " + expected.memberIds
                    + "; the members of a cell cannot be changed");
        }
    }

    private static MemberState parse(Path file, String text) {
        Map<String, String> values = new HashMap<>();
        text.lines()
                .filter(line -> !line.startsWith("#") && line.contains("="))
                .forEach(line -> values.put(
                        line.substring(0, line.indexOf('=')).strip(),
                        line.substring(line.indexOf('=') + 1).strip()));
        try {
            if (!VERSION.equals(values.get("version"))) {
                throw new IllegalArgumentException("version=" + values.get("version"));
            }
            return new MemberState(
                    Integer.parseInt(values.get("node.id")),
                    Arrays.stream(values.get("member.ids").split(","))
                            .map(Integer::valueOf)
                            .toList(),
                    UUID.fromString(values.get("cell.id")),
                    Phase.valueOf(values.get("phase")));
        } catch (RuntimeException e) {
            throw new ClusterLogException(
                    "state of the member is damaged: file=" + file + ", fault=" + e.getMessage()
                            + "; stop the node and remove its metadata directory, it fetches all from the others",
                    e);
        }
    }

    private static void syncDirectory(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
