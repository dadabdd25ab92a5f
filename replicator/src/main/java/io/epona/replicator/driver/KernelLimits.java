package io.epona.replicator.driver;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * How long the kernel lets socket buffers be.
 *
 * @param maxReceiveLength {@code net.core.rmem_max}, bytes.
 * @param maxSendLength {@code net.core.wmem_max}, bytes.
 */
record KernelLimits(int maxReceiveLength, int maxSendLength) {
    private static final int MAX_TEXT_LENGTH = 64;
    private static final Path DIRECTORY = Path.of("/proc/sys/net/core");

    /** Those of this machine; without limit where they cannot be told. */
    static KernelLimits read() {
        return read(DIRECTORY);
    }

    static KernelLimits read(final Path directory) {
        return new KernelLimits(read(directory, "rmem_max"), read(directory, "wmem_max"));
    }

    /** A container may hide the files: then the sockets show what they got. */
    private static int read(final Path directory, final String name) {
        final Path path = directory.resolve(name);
        if (!Files.isReadable(path)) {
            return Integer.MAX_VALUE;
        }
        // In one read: the kernel gives nothing to a second one.
        try (InputStream input = new FileInputStream(path.toFile())) {
            final byte[] text = new byte[MAX_TEXT_LENGTH];
            final int length = Math.max(0, input.read(text));
            final long limit = Long.parseLong(new String(text, 0, length, StandardCharsets.US_ASCII).strip());
            return (int) Math.min(Integer.MAX_VALUE, limit);
        } catch (final IOException | NumberFormatException ex) {
            throw new IllegalStateException("cannot read a limit of the kernel: file=" + path, ex);
        }
    }

    int receiveLength(final int wantedLength) {
        return Math.min(wantedLength, maxReceiveLength);
    }

    int sendLength(final int wantedLength) {
        return Math.min(wantedLength, maxSendLength);
    }

    /** What an operator must set so that buffers are as long as wanted. */
    List<String> warnings(final int wantedLength) {
        final List<String> warnings = new ArrayList<>();
        warn(warnings, "receive", "net.core.rmem_max", maxReceiveLength, wantedLength);
        warn(warnings, "send", "net.core.wmem_max", maxSendLength, wantedLength);
        return warnings;
    }

    private static void warn(
            final List<String> warnings,
            final String kind,
            final String sysctl,
            final int maxLength,
            final int wantedLength) {
        if (maxLength < wantedLength) {
            warnings.add("the kernel limits the " + kind + " buffers of sockets: wanted=" + wantedLength + ", allowed="
                    + maxLength + "; set it with: sysctl -w " + sysctl + "=" + wantedLength);
        }
    }
}
