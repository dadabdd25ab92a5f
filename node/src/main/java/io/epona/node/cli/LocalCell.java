package io.epona.node.cli;

import io.epona.node.config.CellKeys;
import io.epona.node.config.CellMember;
import io.epona.node.config.ServiceKeys;
import io.epona.node.config.StorageKeys;
import io.epona.runtime.config.HostPort;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * A cell whose nodes are processes of this machine, for trying it: one folder and one configuration file for each node
 * below a directory. Ids are 1, 2, 3 ... A directory that has held a cell keeps its ports between the nodes, because
 * the nodes know each other by them.
 */
final class LocalCell {
    private static final String CONFIG_NAME = "node.conf";
    private static final String PORTS_NAME = "cell.ports";
    /** Loopback carries the longest datagrams there are. */
    private static final String LOOPBACK_MTU = "65504";

    /**
     * A node of it.
     *
     * @param nodeId 1, 2, 3 ...
     * @param directory its data directory
     * @param config its configuration file
     */
    record Member(int nodeId, Path directory, Path config) {}

    private LocalCell() {}

    /**
     * Writes the nodes' configuration files.
     *
     * @param directory below which each node has its folder; made when absent
     * @param size number of nodes
     * @param listen Kafka listener of the first node; the others have the ports after it, or any when it is 0
     * @param metrics likewise for metrics
     * @return the nodes
     * @throws IOException when a file cannot be written or ports are not to be had
     */
    static List<Member> prepare(final Path directory, final int size, final HostPort listen, final HostPort metrics)
            throws IOException {
        Files.createDirectories(directory);
        final Path base = directory.toRealPath();
        final List<Integer> udp = udpPorts(base, listen.host(), size);
        final List<Integer> kafka = CellPorts.listenPorts(listen.host(), listen.port(), size);
        final List<Integer> http = CellPorts.listenPorts(metrics.host(), metrics.port(), size);
        final List<CellMember> members = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            members.add(new CellMember(i + 1, new HostPort(listen.host(), udp.get(i))));
        }
        final List<Member> nodes = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            final Path nodeDirectory = base.resolve("node-" + (i + 1));
            final Map<String, String> settings = new TreeMap<>();
            settings.put(ServiceKeys.NODE_ID.name(), Integer.toString(i + 1));
            settings.put(StorageKeys.DATA_DIR.name(), nodeDirectory.toString());
            settings.put(ServiceKeys.KAFKA_LISTEN.name(), new HostPort(listen.host(), kafka.get(i)).toString());
            settings.put(ServiceKeys.METRICS_LISTEN.name(), new HostPort(metrics.host(), http.get(i)).toString());
            settings.put(
                    CellKeys.CELL_MEMBERS.name(),
                    members.stream().map(CellMember::toString).collect(Collectors.joining(",")));
            settings.put(CellKeys.REPLICATION_MTU.name(), LOOPBACK_MTU);
            nodes.add(new Member(i + 1, nodeDirectory, write(nodeDirectory, settings)));
        }
        return nodes;
    }

    private static List<Integer> udpPorts(final Path base, final String host, final int size) throws IOException {
        final Path file = base.resolve(PORTS_NAME);
        if (Files.exists(file)) {
            final List<Integer> kept = new ArrayList<>();
            for (final String line : Files.readAllLines(file)) {
                try {
                    kept.add(Integer.parseInt(line.trim()));
                } catch (final NumberFormatException ex) {
                    throw new IOException("not a list of ports: " + file + "; remove it if no cell runs here", ex);
                }
            }
            if (kept.size() != size) {
                throw new IOException("there is a cell of " + kept.size() + " in " + base + ", not of " + size
                        + "; give --cell " + kept.size() + " or another --dir");
            }
            return kept;
        }
        final List<Integer> ports = CellPorts.udpBlocks(host, size);
        Files.write(file, ports.stream().map(port -> Integer.toString(port)).toList());
        return ports;
    }

    private static Path write(final Path directory, final Map<String, String> settings) throws IOException {
        Files.createDirectories(directory);
        final StringBuilder text = new StringBuilder();
        settings.forEach(
                (key, value) -> text.append(key).append(" = \"").append(value).append("\"\n"));
        final Path file = directory.resolve(CONFIG_NAME);
        Files.writeString(file, text, StandardCharsets.UTF_8);
        return file;
    }
}
