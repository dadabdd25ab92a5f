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
 *            /marks               Aeron's mark files, of this process only
 * </pre>
 *
 * <p>Aeron refuses to start for seconds while a mark file looks alive. That there is no second process is known already
 * (the node has locked its directory), so each start makes new ones. The vote is not in them.
 */
record Directories(Path root, Path archive, Path consensus, Path marks) {
    /** Holds the candidate term: what this member has promised. Never removed while a member could be asked again. */
    static final String VOTE_FILE_NAME = "node-state.dat";

    static Directories in(Path root) {
        return new Directories(root, root.resolve("archive"), root.resolve("consensus"), root.resolve("marks"));
    }

    /** Makes what is missing and removes the mark files of an earlier process. */
    void prepare() {
        try {
            MemberState.wipe(marks, List.of());
            for (Path directory : List.of(root, archive, consensus, marks)) {
                Files.createDirectories(directory);
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
