package io.epona.systemtests.harness;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import java.util.zip.CRC32;

/**
 * The command that starts Epona's command line as a process of its own: this JVM's java, the flags that every process
 * of the project has, the class path of this test run without the tests. Nodes start from a cache of loaded classes
 * that is made once for each build, because a start under test costs processor time that two cores do not have.
 */
public final class JavaCommand {
    private static final Path MODULE = Path.of("").toAbsolutePath();
    private static final Path WORK = MODULE.resolve("target/system-tests");
    private static final int TRAINING_TIMEOUT_S = 60;
    private static final String MAIN_CLASS = "io.epona.node.cli.EponaCli";

    private static final List<String> CLASS_PATH = classPath();
    private static Path cache;

    private JavaCommand() {}

    /** Where tests keep files: on the disk that the build is on. */
    public static Path work() {
        return WORK;
    }

    /** The command line of {@code epona ARGUMENTS}. */
    public static List<String> of(final List<String> jvmOptions, final List<String> arguments) {
        final List<String> command = base(jvmOptions);
        final Path trained = cache();
        if (trained != null) {
            command.addAll(List.of("-XX:AOTCache=" + trained, "-Xlog:aot*=off", "-Xlog:cds*=off"));
        }
        return withMain(command, arguments);
    }

    /** The command line of another program on this test run's class path; it sets nothing that a node needs. */
    public static List<String> ofProgram(final String mainClass, final List<String> arguments) {
        final List<String> command = base(List.of());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), mainClass));
        command.addAll(arguments);
        return command;
    }

    private static List<String> base(final List<String> jvmOptions) {
        final List<String> command = new ArrayList<>();
        command.add(ProcessHandle.current().info().command().orElse("java"));
        command.add("@" + MODULE.getParent().resolve("build/jvm/common.options"));
        command.addAll(List.of(
                "-XX:+UseSerialGC",
                "-Xms64m",
                "-Xmx192m",
                "-XX:MaxDirectMemorySize=192m",
                "-XX:TieredStopAtLevel=1",
                "-XX:-UsePerfData",
                "-XX:+ExitOnOutOfMemoryError"));
        command.addAll(jvmOptions);
        return command;
    }

    private static List<String> withMain(final List<String> command, final List<String> arguments) {
        command.addAll(List.of("-cp", String.join(":", CLASS_PATH), MAIN_CLASS));
        command.addAll(arguments);
        return command;
    }

    private static synchronized Path cache() {
        if (cache == null) {
            cache = WORK.resolve("aot-" + Integer.toHexString(fingerprint()) + ".cache");
            if (!Files.exists(cache)) {
                train(cache);
            }
        }
        return Files.exists(cache) ? cache : null;
    }

    /** A node that starts, serves a client and stops; without a cache tests are slower, and nothing else. */
    private static void train(final Path target) {
        final Path directory = WORK.resolve("training");
        try {
            DiskFiles.deleteTree(directory);
            Files.createDirectories(directory);
            final List<String> options =
                    List.of("-XX:AOTCacheOutput=" + target, "-Xlog:aot*=off", "-Xlog:cds*=off", "-Xlog:jit*=off");
            final NodeSettings settings = NodeSettings.small(directory);
            final EponaProcess node = EponaProcess.launch(withMain(base(options), settings.startArguments()), settings);
            try (node) {
                node.awaitReady();
                Clients.warmUp(node.bootstrap());
                node.terminate();
                node.awaitExit(TRAINING_TIMEOUT_S, TimeUnit.SECONDS);
            }
            DiskFiles.deleteTree(directory);
        } catch (final IOException ex) {
            throw new UncheckedIOException(ex);
        }
    }

    /** Jars only: a cache holds classes of jars, and a reactor that does not package has directories. */
    private static List<String> classPath() {
        final List<String> entries = new ArrayList<>();
        for (final String entry : System.getProperty("java.class.path").split(":")) {
            final Path path = Path.of(entry).toAbsolutePath();
            final String name = path.getFileName().toString().toLowerCase(Locale.ROOT);
            if (!Files.exists(path) || path.startsWith(MODULE) || isOfTests(name)) {
                continue;
            }
            entries.add(Files.isDirectory(path) ? jarOf(path) : path.toString());
        }
        return entries;
    }

    private static boolean isOfTests(final String name) {
        return name.startsWith("junit") || name.startsWith("surefire") || name.startsWith("jqwik");
    }

    private static String jarOf(final Path classes) {
        final Path jar =
                WORK.resolve("lib").resolve(classes.getParent().getParent().getFileName() + ".jar");
        try {
            Files.createDirectories(jar.getParent());
            try (OutputStream file = Files.newOutputStream(jar);
                    JarOutputStream out = new JarOutputStream(file);
                    Stream<Path> tree = Files.walk(classes)) {
                for (final Path path :
                        tree.filter(Files::isRegularFile).sorted().toList()) {
                    final JarEntry entry = new JarEntry(classes.relativize(path).toString());
                    entry.setTime(0);
                    out.putNextEntry(entry);
                    Files.copy(path, out);
                    out.closeEntry();
                }
            }
        } catch (final IOException ex) {
            throw new UncheckedIOException(ex);
        }
        return jar.toString();
    }

    private static int fingerprint() {
        final CRC32 crc = new CRC32();
        for (final String entry : CLASS_PATH) {
            final Path path = Path.of(entry);
            try {
                crc.update((entry + Files.size(path) + Files.getLastModifiedTime(path)).getBytes());
            } catch (final IOException ex) {
                throw new UncheckedIOException(ex);
            }
        }
        return (int) crc.getValue();
    }
}
