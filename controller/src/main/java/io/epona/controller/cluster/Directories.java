package io.epona.controller.cluster;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Where a member keeps what.
 *
 * <pre>
 *   DIRECTORY/member.properties   whether it may vote, see {@link MemberState}
 *            /archive             the recorded log and snapshots
 *            /consensus           recording.log (terms and snapshots), node-state.dat (the vote)
 *   MEMORY/metadata-marks         Aeron's mark files, of this process only
 * </pre>
 *
 * <p>Aeron refuses to start for seconds while a mark file looks alive. That there is no second process is known already
 * (the node has locked its directory), so each start makes new ones. The vote is not in them.
 */
record Directories(Path root, Path archive, Path consensus, Path marks) {
    /** Holds the candidate term: what this member has promised. Never removed while a member could be asked again. */
    static final String VOTE_FILE_NAME = "node-state.dat";

    /**
     * Below a directory on a device and the media driver's.
     *
     * @param root on a device.
     * @param memory in shared memory: mapped files that nobody needs after the process. On a device that is full, what
     *     is written to them would be a fault of memory access, in the place of an error that says why.
     */
    static Directories in(Path root, Path memory) {
        return new Directories(
                root, root.resolve("archive"), root.resolve("consensus"), memory.resolve("metadata-marks"));
    }

    /**
     * Makes what is missing and removes the mark files of an earlier process.
     *
     * @param neededLength bytes that the log may take at once.
     */
    void prepare(long neededLength) {
        try {
            MemberState.wipe(marks, List.of());
            for (Path directory : List.of(root, archive, consensus, marks)) {
                Files.createDirectories(directory);
            }
            long usableLength = Files.getFileStore(root).getUsableSpace();
            if (usableLength < neededLength) {
                throw new ClusterLogException("No space left on device for the metadata: directory=" + root
                        + ", usable=" + usableLength + ", needed=" + neededLength + "; make room, then start again");
            }
        } catch (IOException e) {
            throw new ClusterLogException(
                    "metadata directory cannot be used: directory=" + root + "; check that it is writable", e);
        }
    }

    /** Removes log and snapshots, not the vote. */
    void wipeLog() {
        MemberState.wipe(archive, List.of());
        MemberState.wipe(consensus, List.of(VOTE_FILE_NAME));
    }

    File archiveFile() {
        return archive.toFile();
    }

    File consensusFile() {
        return consensus.toFile();
    }

    File marksFile() {
        return marks.toFile();
    }
}
