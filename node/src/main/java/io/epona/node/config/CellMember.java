package io.epona.node.config;

import io.epona.runtime.config.HostPort;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A node of a cell as the configuration names it: {@code id@host:port}.
 *
 * @param nodeId its {@code node.id}
 * @param address where the other nodes reach it; its first UDP port, the next {@value #PORT_COUNT} - 1 are its, too
 */
public record CellMember(int nodeId, HostPort address) {
    /** Consecutive UDP ports of a node: replication, and those of the metadata quorum. */
    public static final int PORT_COUNT = 6;

    /** Largest node id in a cell of several nodes. */
    public static final int MAX_NODE_ID = 31;

    private static final Pattern FORM = Pattern.compile("(\\d{1,5})@(.+)");
    private static final int MAX_PORT = 65_535;

    /**
     * Reads {@code id@host:port}.
     *
     * @throws IllegalArgumentException when it is not that; the message follows "the member ..."
     */
    public static CellMember parse(final String text) {
        final Matcher matcher = FORM.matcher(text.trim());
        if (!matcher.matches()) {
            throw new IllegalArgumentException("is not written id@host:port, such as 1@10.0.0.1:9300");
        }
        final int nodeId = Integer.parseInt(matcher.group(1));
        final HostPort address = HostPort.parse(matcher.group(2));
        if (nodeId > MAX_NODE_ID) {
            throw new IllegalArgumentException("has an id above " + MAX_NODE_ID);
        }
        if (address.port() == 0 || address.port() + PORT_COUNT - 1 > MAX_PORT) {
            throw new IllegalArgumentException("needs a fixed port with the " + (PORT_COUNT - 1)
                    + " ports after it: within 1 to " + (MAX_PORT - PORT_COUNT + 1));
        }
        return new CellMember(nodeId, address);
    }

    @Override
    public String toString() {
        return nodeId + "@" + address;
    }
}
