package io.epona.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import org.agrona.BufferUtil;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The device writer allocates nothing in steady state: real files, the real system call, its recorder included. */
@Timeout(240)
class WriterAllocationTest {
    /** Calls after which the just-in-time compiler has seen all of it; a write that waits for a device is too slow. */
    private static final int WARM_UP = 60_000;

    private static final int REAL_WARM_UP = 300;
    private static final int MEASURED = 300;
    private static final int ROUNDS = 10;

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @TempDir
    Path directory;

    private JournalConfig config() {
        return new JournalConfig(directory, 0, 1, 2, 3, 1 << 20, 3, 4096, 64 * 1024);
    }

    @Test
    void shouldAllocateNothingWhenItWrites() {
        warmUp();
        final JournalConfig config = config();
        try (TestLog log = TestLog.open(config, DirectSegmentStore.open(config), 1 << 20)) {
            write(log, REAL_WARM_UP);
            long least = Long.MAX_VALUE;
            // The compiler may still be at work in a round; in steady state there is one without a byte.
            for (int round = 0; round < ROUNDS && least > 0; round++) {
                final long before = threads.getCurrentThreadAllocatedBytes();
                write(log, MEASURED);
                least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
            }
            assertTrue(log.failures.isEmpty(), () -> log.failures.toString());
            assertEquals(0, least, "bytes allocated for " + MEASURED + " writes");
        }
    }

    private void warmUp() {
        final JournalConfig config = config();
        try (TestLog log = TestLog.open(config, new NoDevice(config), 1 << 20)) {
            write(log, WARM_UP);
        }
        final UnsafeBuffer block = new UnsafeBuffer(BufferUtil.allocateDirectAligned(4096, 4096));
        try (NativeFile file = NativeFile.open(Path.of("/dev/null"), NativeFile.O_RDWR)) {
            for (int i = 0; i < WARM_UP; i++) {
                assertEquals(4096, file.write(block.addressOffset(), 4096, 0));
            }
        }
    }

    private static void write(final TestLog log, final int count) {
        for (int i = 0; i < count; i++) {
            log.append(200);
            log.flush();
            log.counters.checkpointed().setRelease(log.counters.durable().get());
        }
    }

    /** Keeps the headers and forgets the rest. */
    private static final class NoDevice implements SegmentStore {
        private final UnsafeBuffer[] headers;

        NoDevice(final JournalConfig config) {
            headers = new UnsafeBuffer[config.segmentCount()];
            for (int i = 0; i < headers.length; i++) {
                headers[i] = new UnsafeBuffer(new byte[JournalLimits.HEADER_BLOCK_LENGTH]);
                SegmentFormat.encodeNeverUsed(headers[i], config, i, 0);
            }
        }

        @Override
        public int segmentCount() {
            return headers.length;
        }

        @Override
        public String fileName(final int fileIndex) {
            return "file " + fileIndex;
        }

        @Override
        public SegmentStore openReader() {
            throw new UnsupportedOperationException("nothing is kept");
        }

        @Override
        public void write(
                final int fileIndex,
                final long fileOffset,
                final DirectBuffer source,
                final int sourceOffset,
                final int length) {
            if (fileOffset == 0) {
                headers[fileIndex].putBytes(0, source, sourceOffset, length);
            }
        }

        @Override
        public void read(
                final int fileIndex,
                final long fileOffset,
                final MutableDirectBuffer target,
                final int targetOffset,
                final int length) {
            target.putBytes(targetOffset, headers[fileIndex], 0, length);
        }

        @Override
        public void sync() {
            // There is nothing to sync.
        }

        @Override
        public void close() {
            // There is nothing to close.
        }
    }
}
