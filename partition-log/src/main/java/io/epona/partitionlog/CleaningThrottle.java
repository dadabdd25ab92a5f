package io.epona.partitionlog;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.storage.internals.utils.Throttler;

/**
 * The pace of cleaning, and the write-back of what it has written in small steps, so that the flush at the end finds
 * little to do: one large flush makes the journal's writes to the same device wait. Waits on the cleaner's thread, in
 * short naps that end when cleaning is to stop.
 */
final class CleaningThrottle extends Throttler {
    private static final String NEW_SEGMENT = KafkaLog.LOG + ".cleaned";
    private static final long CHECK_INTERVAL_MS = 100;
    private static final double MAX_ALLOWANCE_SECONDS = 0.1;

    private final double lengthPerSecond;
    private final BooleanSupplier isUseless;
    private Path directory;
    private Path written;
    private long writtenBackLength;
    private double allowance;
    private long lastNs = System.nanoTime();

    CleaningThrottle(final long lengthPerSecond, final BooleanSupplier isUseless) {
        super(lengthPerSecond, CHECK_INTERVAL_MS, "cleaner-io", "bytes", Time.SYSTEM);
        this.lengthPerSecond = lengthPerSecond;
        this.isUseless = isUseless;
    }

    /** The next log is cleaned; flushes and renames count as much as some reading does. */
    void begin(final Path logDirectory) {
        directory = logDirectory;
        written = null;
        pass(PartitionLogLimits.CLEANING_COST_LENGTH);
    }

    /** Called by Kafka's cleaner with the bytes that it has read or written. */
    @Override
    public void maybeThrottle(final double observed) {
        writeBack();
        pass(observed);
    }

    private void pass(final double length) {
        earn();
        allowance -= length;
        while (allowance < 0 && !isUseless.getAsBoolean()) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
            earn();
        }
    }

    private void earn() {
        final long nowNs = System.nanoTime();
        allowance = Math.min(
                allowance + lengthPerSecond * (nowNs - lastNs) / TimeUnit.SECONDS.toNanos(1),
                lengthPerSecond * MAX_ALLOWANCE_SECONDS);
        lastNs = nowNs;
    }

    private void writeBack() {
        if (!LinuxFiles.isAvailable()) {
            return;
        }
        try {
            if (written == null || !written.toFile().exists()) {
                final String[] names = directory.toFile().list((parent, name) -> name.endsWith(NEW_SEGMENT));
                written = names == null || names.length == 0 ? null : directory.resolve(names[0]);
                writtenBackLength = 0;
            }
            if (written != null) {
                final long length = written.toFile().length();
                if (length > writtenBackLength) {
                    LinuxFiles.startWriteBack(written, writtenBackLength, length - writtenBackLength);
                    writtenBackLength = length;
                }
            }
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
