package io.epona.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A process that holds the lock on a file, as a running node would, until it is ended. */
final class LockHolder {
    private LockHolder() {}

    static Process start(final Path lockFile) throws IOException {
        final Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xshare:auto",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        LockHolder.class.getName(),
                        lockFile.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        if (process.getInputStream().read() != '+') {
            process.destroyForcibly();
            throw new IOException("the lock holder did not take the lock");
        }
        return process;
    }

    public static void main(final String[] args) throws IOException {
        try (FileChannel channel =
                FileChannel.open(Path.of(args[0]), StandardOpenOption.WRITE, StandardOpenOption.CREATE)) {
            if (null == channel.tryLock()) {
                System.exit(1);
            }
            channel.truncate(0);
            final String pid = Long.toString(ProcessHandle.current().pid());
            channel.write(ByteBuffer.wrap(pid.getBytes(StandardCharsets.US_ASCII)), 0);
            System.out.print('+');
            System.out.flush();
            // Ends with the test's process at the latest: its standard input closes then.
            while (System.in.read() >= 0) {
                Thread.onSpinWait();
            }
        }
    }
}
