package io.epona.systemtests.cell.live;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A network namespace for each node of a cell, on one bridge with the tests' own. A cut between two nodes is silent, as
 * on a broken switch: what one sends to the other goes to a hardware address that nobody has, so no packet filter is
 * needed. Clients, which are on the bridge, still reach all nodes. Needs root. Used by the test's thread.
 */
final class NetworkNamespaces implements CellHosts, AutoCloseable {
    private static final String NOBODY = "02:00:00:00:00:fe";
    private static final String OWN_HOST = "254";
    private static final int NAMES = 0x1000;

    private final String name =
            "epona" + Integer.toHexString(ThreadLocalRandom.current().nextInt(NAMES, NAMES * 0x10));
    private final String network = "10.213." + ThreadLocalRandom.current().nextInt(1, 255) + '.';
    private final Thread hook = new Thread(this::remove);

    private NetworkNamespaces() {}

    /** Why namespaces cannot be made here; empty when they can. */
    static Optional<String> obstacle() {
        if (!System.getProperty("user.name").equals("root")) {
            return Optional.of("only root makes network namespaces");
        }
        try {
            final String probe = "epona-probe" + ThreadLocalRandom.current().nextInt(NAMES, NAMES * 0x10);
            run("ip", "netns", "add", probe);
            run("ip", "netns", "del", probe);
            return Optional.empty();
        } catch (final UncheckedIOException | IllegalStateException ex) {
            return Optional.of("network namespaces cannot be made here: " + ex.getMessage());
        }
    }

    /** Makes the bridge and the namespaces. */
    static NetworkNamespaces make() {
        final NetworkNamespaces made = new NetworkNamespaces();
        Runtime.getRuntime().addShutdownHook(made.hook);
        try {
            run("ip", "link", "add", made.name, "type", "bridge");
            run("ip", "addr", "add", made.network + OWN_HOST + "/24", "dev", made.name);
            run("ip", "link", "set", made.name, "up");
            LiveCell.NODE_IDS.forEach(made::add);
            return made;
        } catch (final RuntimeException ex) {
            made.close();
            throw ex;
        }
    }

    private void add(final int nodeId) {
        final String space = space(nodeId);
        final String port = name + '-' + nodeId;
        run("ip", "netns", "add", space);
        run("ip", "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", space);
        run("ip", "link", "set", port, "master", name, "up");
        run("ip", "-n", space, "link", "set", "lo", "up");
        run("ip", "-n", space, "addr", "add", address(nodeId) + "/24", "dev", "eth0");
        run("ip", "-n", space, "link", "set", "eth0", "up");
    }

    private String space(final int nodeId) {
        return name + '-' + nodeId;
    }

    @Override
    public String address(final int nodeId) {
        return network + nodeId;
    }

    @Override
    public Optional<String[]> runner(final int nodeId) {
        return Optional.of(new String[] {"ip", "netns", "exec", space(nodeId)});
    }

    @Override
    public String mtu() {
        return "1408";
    }

    /** From now on nothing that one node sends reaches the other. */
    void cut(final int fromNodeId, final int toNodeId) {
        run(
                "ip",
                "-n",
                space(fromNodeId),
                "neigh",
                "replace",
                address(toNodeId),
                "lladdr",
                NOBODY,
                "dev",
                "eth0",
                "nud",
                "permanent");
    }

    /** From now on everything reaches everybody. */
    void heal() {
        for (final int from : LiveCell.NODE_IDS) {
            run("ip", "-n", space(from), "neigh", "flush", "dev", "eth0", "nud", "permanent");
        }
    }

    private static void run(final String... command) {
        try {
            final Path output = Files.createTempFile("epona-ip", ".out");
            try {
                final int status = new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(output.toFile())
                        .start()
                        .waitFor();
                if (status != 0) {
                    throw new IllegalStateException(String.join(" ", command) + ": "
                            + Files.readString(output).strip());
                }
            } finally {
                Files.delete(output);
            }
        } catch (final IOException ex) {
            throw new UncheckedIOException(ex);
        } catch (final InterruptedException ex) {
            throw new IllegalStateException(ex);
        }
    }

    private List<String> remove() {
        final List<String> failures = new ArrayList<>();
        LiveCell.NODE_IDS.forEach(nodeId -> tryTo(failures, "ip", "netns", "del", space(nodeId)));
        tryTo(failures, "ip", "link", "del", name);
        return failures;
    }

    private static void tryTo(final List<String> failures, final String... command) {
        try {
            run(command);
        } catch (final IllegalStateException | UncheckedIOException ex) {
            failures.add(ex.getMessage());
        }
    }

    @Override
    public void close() {
        Runtime.getRuntime().removeShutdownHook(hook);
        final List<String> failures = remove();
        if (!failures.isEmpty()) {
            throw new IllegalStateException("something of the network is left: " + failures);
        }
    }
}
