package io.epona.node.cli;

import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The command line of a node's process of its own, with this process's JDK and class path. */
final class NodeLauncher {
    /** The project's directory; the launcher script sets it. */
    static final String HOME_PROPERTY = "epona.home";

    private static final String OPTIONS_DIRECTORY = "build/jvm";
    private static final List<String> OPTION_FILES = List.of("common.options", "shared.options");
    /** Of this JVM's own flags, what suits a node too: the start-up cache, made for a node, and its silence. */
    private static final List<String> PASSED_ON = List.of("-XX:AOTCache=", "-Xlog:aot", "-Xlog:cds");
    /** Of this JVM's own flags, what a node must not share, where the launcher's files are not at hand. */
    private static final List<String> OWN_ALONE =
            List.of("-Xm", "-agentlib:", "-agentpath:", "-javaagent:", "-D" + HOME_PROPERTY);

    private NodeLauncher() {}

    /**
     * Starts a node with its data in a directory, on ports that the system chooses.
     *
     * @param settings {@code key=value}, as for {@code epona start --set}
     */
    static List<String> command(final Path dataDirectory, final List<String> settings) {
        final List<String> command = java();
        command.addAll(List.of("start", "--dir", dataDirectory.toString()));
        command.addAll(List.of("--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0"));
        settings.forEach(setting -> command.addAll(List.of("--set", setting)));
        return command;
    }

    /**
     * Starts a node of a cell from its configuration file.
     *
     * @param nodeId for whoever looks at the processes
     * @param settings {@code key=value}, as for {@code epona start --set}
     */
    static List<String> command(final Path configFile, final int nodeId, final List<String> settings) {
        final List<String> command = java();
        command.addAll(List.of("start", "--config", configFile.toString(), "--set", "node.id=" + nodeId));
        settings.forEach(setting -> command.addAll(List.of("--set", setting)));
        return command;
    }

    /**
     * Starts a cell with its data in a directory, on ports that the system chooses.
     *
     * @param settings {@code key=value}, as for {@code epona start --set}, for each node
     */
    static List<String> cellCommand(final Path directory, final int size, final List<String> settings) {
        final List<String> command = java();
        command.addAll(List.of("start", "--cell", Integer.toString(size), "--dir", directory.toString()));
        command.addAll(List.of("--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0"));
        settings.forEach(setting -> command.addAll(List.of("--set", setting)));
        return command;
    }

    private static List<String> java() {
        final List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(flags());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), AttachedNode.class.getName()));
        return command;
    }

    private static List<String> flags() {
        final List<String> own = ManagementFactory.getRuntimeMXBean().getInputArguments();
        final List<String> flags = new ArrayList<>();
        final String home = System.getProperty(HOME_PROPERTY);
        if (home != null) {
            for (final String name : OPTION_FILES) {
                final Path file = Path.of(home, OPTIONS_DIRECTORY, name);
                if (Files.isReadable(file)) {
                    flags.add("@" + file);
                }
            }
        }
        if (flags.isEmpty()) {
            own.stream().filter(flag -> !beginsWithOne(flag, OWN_ALONE)).forEach(flags::add);
        } else {
            own.stream().filter(flag -> beginsWithOne(flag, PASSED_ON)).forEach(flags::add);
        }
        return flags;
    }

    private static boolean beginsWithOne(final String flag, final List<String> prefixes) {
        return prefixes.stream().anyMatch(flag::startsWith);
    }
}
