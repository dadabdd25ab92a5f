package io.epona.demo.report;

import java.io.IOException;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** What a figure must be read with: the machine, the JVM, the file system. */
public final class Conditions {
    private static final double GIB = 1L << 30;

    private Conditions() {}

    /** Processor, memory, kernel, JDK, and how busy the machine is now. */
    public static Map<String, String> ofMachine() {
        final Map<String, String> conditions = new LinkedHashMap<>();
        conditions.put(
                "processor",
                Runtime.getRuntime().availableProcessors() + " x " + processor().orElse("(unknown)"));
        memoryKib()
                .ifPresent(kib -> conditions.put("memory", String.format(Locale.ROOT, "%.0f GiB", kib * 1024.0 / GIB)));
        conditions.put("kernel", System.getProperty("os.name") + " " + System.getProperty("os.version"));
        conditions.put("java", System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version"));
        conditions.put("load before", load());
        return conditions;
    }

    /** The machine's load average over the last minute. */
    private static String load() {
        return String.format(
                Locale.ROOT,
                "%.2f",
                ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
    }

    /** File system and device of a directory, for people. */
    public static String fileSystem(final Path directory) {
        try {
            final FileStore store = Files.getFileStore(directory);
            return store.type() + " on " + store.name();
        } catch (final IOException ex) {
            return "(unknown: " + ex.getMessage() + ")";
        }
    }

    /** Milliseconds that this JVM has spent collecting garbage. */
    public static long collectionMs() {
        return ManagementFactory.getGarbageCollectorMXBeans().stream()
                .mapToLong(GarbageCollectorMXBean::getCollectionTime)
                .sum();
    }

    /** Garbage collections of this JVM. */
    public static long collectionCount() {
        return ManagementFactory.getGarbageCollectorMXBeans().stream()
                .mapToLong(GarbageCollectorMXBean::getCollectionCount)
                .sum();
    }

    private static Optional<String> processor() {
        return valueIn(Path.of("/proc/cpuinfo"), "model name");
    }

    private static Optional<Long> memoryKib() {
        return valueIn(Path.of("/proc/meminfo"), "MemTotal")
                .map(value -> Long.parseLong(value.replaceAll("[^0-9]", "")));
    }

    private static Optional<String> valueIn(final Path file, final String name) {
        try (Stream<String> lines = Files.lines(file)) {
            return lines.filter(line -> line.startsWith(name) && line.indexOf(':') > 0)
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst();
        } catch (final IOException ex) {
            return Optional.empty(); // not this kind of system: the report says that it does not know
        }
    }
}
