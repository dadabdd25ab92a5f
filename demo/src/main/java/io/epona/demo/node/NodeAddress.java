package io.epona.demo.node;

import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a node, or a cell of several, can be reached.
 *
 * @param kafka {@code host:port} of each Kafka listener, separated by commas
 * @param metrics {@code host:port} of each metrics server, separated by commas; null when that is not known
 */
public record NodeAddress(String kafka, String metrics) {
    private static final Pattern READY = Pattern.compile("epona: ready, kafka on (\\S+), metrics on (\\S+)");

    /** The metrics servers, one by one; empty when they are not known. */
    public List<String> metricsServers() {
        return metrics == null ? List.of() : List.of(metrics.split(","));
    }

    /** The address in the line with which a node says that it is ready; empty when it is another line. */
    static Optional<NodeAddress> inLine(final String line) {
        final Matcher matcher = READY.matcher(line);
        return matcher.matches() ? Optional.of(new NodeAddress(matcher.group(1), matcher.group(2))) : Optional.empty();
    }
}
