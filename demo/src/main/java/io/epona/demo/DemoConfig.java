package io.epona.demo;

import io.epona.demo.node.DataDirectory;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;

/**
 * What a demo is to do.
 *
 * @param source of the events
 * @param bootstrap {@code host:port} of a node that runs already; null to start one
 * @param metrics {@code host:port} of that node's metrics server; null when it is not known
 * @param nodeCommand the command that starts a node with its data in a given directory
 * @param dataParents where the node's data may go: the first that will do
 * @param memory removes what nodes that were killed left in shared memory
 * @param cellSize nodes of what is started
 * @param isKilling whether the node that leads most is killed in the middle; for a cell of our own
 * @param report HTML file to write, or null
 * @param commandLine as the user typed it, for the report
 */
public record DemoConfig(
        FlowSource source,
        String bootstrap,
        String metrics,
        Function<Path, List<String>> nodeCommand,
        List<Path> dataParents,
        DataDirectory.MemorySweep memory,
        int cellSize,
        boolean isKilling,
        Path report,
        String commandLine) {
    /** What is started, in words. */
    String startedWhat() {
        return cellSize == 1 ? "a node" : "a cell of " + cellSize + " nodes";
    }
}
