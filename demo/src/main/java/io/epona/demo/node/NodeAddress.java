package io.epona.demo.node;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a node can be reached.
 *
 * @param kafka {@code host:port} of the Kafka listener
 * @param metrics {@code host:port} of the metrics server, or null when that is not known
 */
public record NodeAddress(String kafka, String metrics) {
    private static final Pattern READY = Pattern.compile("epona: ready, kafka on (\\S+), metrics on (\\S+)");

    /** The address in the line with which a node says that it is ready; empty when it is another line. */
    static Optional<NodeAddress> inLine(final String line) {
        final Matcher matcher = READY.matcher(line);
        return matcher.matches() ? Optional.of(new NodeAddress(matcher.group(1), matcher.group(2))) : Optional.empty();
    }
}
