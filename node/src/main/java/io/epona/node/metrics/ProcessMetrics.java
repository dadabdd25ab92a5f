package io.epona.node.metrics;

import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the kernel knows of the node's process. */
final class ProcessMetrics {
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final String FIELD = "VmRSS:";
    private static final double BYTES_PER_KIB = 1024;

    private ProcessMetrics() {}

    static MetricSnapshot residentMemory() {
        return GaugeSnapshot.builder()
                .name("process_resident_memory_bytes")
                .help("Resident memory of the node, log rings included")
                .dataPoint(GaugeDataPointSnapshot.builder()
                        .value(residentKib() * BYTES_PER_KIB)
                        .build())
                .build();
    }

    private static long residentKib() {
        try {
            for (final String line : Files.readAllLines(STATUS)) {
                if (line.startsWith(FIELD)) {
                    return Long.parseLong(line.replaceAll("\\D", ""));
                }
            }
            throw new IllegalStateException(STATUS + " has no line " + FIELD);
        } catch (final IOException ex) {
            throw new UncheckedIOException(ex);
        }
    }
}
