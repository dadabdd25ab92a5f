package io.epona.systemtests.harness;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** A small ext4 file system of its own on a loop device, which can be filled. Needs root. */
public final class SmallDisk implements AutoCloseable {
    private static final int COMMAND_TIMEOUT_S = 20;
    private static final int UNMOUNT_ATTEMPTS = 20;
    private static final String BALLAST = "ballast";

    private final Path image;
    private final Path mount;

    private SmallDisk(final Path image, final Path mount) {
        this.image = image;
        this.mount = mount;
    }

    /**
     * Mounts one.
     *
     * @param mount an empty directory
     * @param length of the image, in bytes
     * @return empty where that is not possible: not root, or no loop device
     */
    public static Optional<SmallDisk> mount(final Path mount, final long length)
            throws IOException, InterruptedException {
        final Path image = Files.createTempFile(JavaCommand.work(), "disk", ".img");
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(length);
        }
        final boolean isMounted = run("mkfs.ext4", "-q", "-F", image.toString()) == 0
                && run("mount", "-o", "loop", image.toString(), mount.toString()) == 0;
        if (!isMounted) {
            Files.delete(image);
            return Optional.empty();
        }
        return Optional.of(new SmallDisk(image, mount));
    }

    /** Takes all space but so many bytes. */
    public void fill(final long leave) throws IOException {
        final long length = Files.getFileStore(mount).getUsableSpace() - leave;
        final byte[] block = new byte[1 << 16];
        try (RandomAccessFile file = new RandomAccessFile(mount.resolve(BALLAST).toFile(), "rw")) {
            for (long written = 0; written < length; written += block.length) {
                file.write(block);
            }
        }
    }

    /** Gives the space back. */
    public void free() throws IOException {
        Files.delete(mount.resolve(BALLAST));
    }

    private static int run(final String... command) throws InterruptedException {
        try {
            final Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return process.waitFor(COMMAND_TIMEOUT_S, TimeUnit.SECONDS) ? process.exitValue() : -1;
        } catch (final IOException ex) {
            // There is no such program.
            return -1;
        }
    }

    /** Unmounts it, when whoever uses it is on the way out at the latest. */
    @Override
    public void close() throws IOException {
        try {
            for (int attempt = 0; run("umount", mount.toString()) != 0 && attempt < UNMOUNT_ATTEMPTS; attempt++) {
                TimeUnit.MILLISECONDS.sleep(250);
            }
        } catch (final InterruptedException ex) {
            throw new IllegalStateException("still mounted: " + mount, ex);
        }
        Files.delete(image);
    }
}
