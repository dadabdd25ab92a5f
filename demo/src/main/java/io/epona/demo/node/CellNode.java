package io.epona.demo.node;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A node of a cell that runs as processes of this machine.
 *
 * @param nodeId as Kafka clients see it
 * @param pid process id
 */
public record CellNode(int nodeId, long pid) {
    private static final Pattern STARTED = Pattern.compile("epona: node (\\d+): pid (\\d+), .*");

    /** The node in the line with which a cell names it; empty when it is another line. */
    static Optional<CellNode> inLine(final String line) {
        final Matcher matcher = STARTED.matcher(line);
        return matcher.matches()
                ? Optional.of(new CellNode(Integer.parseInt(matcher.group(1)), Long.parseLong(matcher.group(2))))
                : Optional.empty();
    }

    /**
     * Kills it as a crash would: it is not asked.
     *
     * @return false when it has ended already
     */
    public boolean kill() {
        return ProcessHandle.of(pid).map(ProcessHandle::destroyForcibly).orElse(false);
    }
}
