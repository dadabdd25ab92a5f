package io.epona.node;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Says what a fault of memory access is that a mapped file has caused (indexes of partition logs, the catalog of the
 * metadata's log): where the JVM cannot write such a page, the device is full or fails. Stateless.
 */
final class DeviceFaults {
    private static final String FAULT = "unsafe memory access";

    /** A device with less is taken for full: others may have given up some of it by now. */
    private static final long FULL_LENGTH = 1024 * 1024;

    private DeviceFaults() {}

    /**
     * The reason, or what it means.
     *
     * @param reason that a component has ended for
     * @param directories where files of the node are
     */
    static Throwable explain(final Throwable reason, final List<Path> directories) {
        for (Throwable cause = reason; cause != null; cause = cause.getCause()) {
            if (cause instanceof InternalError
                    && String.valueOf(cause.getMessage()).contains(FAULT)) {
                final List<String> full = full(directories);
                return new IllegalStateException(
                        full.isEmpty()
                                ? "a mapped file cannot be written or read: look at the devices of " + directories
                                : "a mapped file cannot be written: No space left on device: " + full,
                        reason);
            }
        }
        return reason;
    }

    private static List<String> full(final List<Path> directories) {
        final List<String> full = new ArrayList<>();
        for (final Path directory : directories) {
            try {
                final long usable = Files.getFileStore(directory).getUsableSpace();
                if (usable < FULL_LENGTH) {
                    full.add(directory + ", usable=" + usable);
                }
            } catch (final IOException ex) {
                full.add(directory + ": " + ex);
            }
        }
        return full;
    }
}
