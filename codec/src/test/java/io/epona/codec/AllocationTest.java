package io.epona.codec;

import static io.epona.codec.FrameDescriptor.HEADER_LENGTH;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.apache.kafka.common.compress.Compression;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What runs for every record allocates nothing once its first call is over. */
@Timeout(60)
class AllocationTest {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final int REPETITIONS = 5000;

    private final UnsafeBuffer ring = new UnsafeBuffer(ByteBuffer.allocateDirect(1 << 16));
    private final byte[] batch = TestBatch.ofValues(10, 1000).encodeByKafka(Compression.NONE);
    private int sink;

    @Test
    void shouldAllocateNothingWhenFramesAreEncodedAndChecked() {
        final FrameEncoder encoder = new FrameEncoder();
        final FrameValidator validator = new FrameValidator();
        ring.putBytes(HEADER_LENGTH, batch);
        assertNoAllocation(i -> {
            encoder.encodeRecords(ring, 0, 8L * i, batch.length, 1, 2, i, 9, i, i, i);
            encoder.encodeVerifiedRecords(ring, 0, 8L * i, batch.length, 1, 2, i, 9, i, i, i);
            sink += validator.check(ring, 0, ring.capacity(), 8L * i).ordinal();
            encoder.encodePadding(ring, 1 << 15, 8L * i, 1024, 1, i, i);
            encoder.encodeEpochStart(ring, 1 << 15, 8L * i, 1, i, i);
            encoder.encodeTrim(ring, 1 << 15, 8L * i, 1, 2, i, i, i);
            sink += validator.check(ring, 1 << 15, 1024, 8L * i).ordinal();
        });
        assertEquals(0, sink);
    }

    @Test
    void shouldAllocateNothingWhenBatchesAreChecked() {
        final RecordBatchValidator validator = new RecordBatchValidator();
        final RecordBatchView view = new RecordBatchView();
        final UnsafeBuffer heap = new UnsafeBuffer(batch);
        ring.putBytes(0, batch);
        assertNoAllocation(i -> {
            sink += validator.check(heap, 0, batch.length).ordinal();
            sink += validator.check(ring, 0, batch.length).ordinal();
            sink += view.wrap(ring, 0).recordCount() - 10;
        });
        assertEquals(0, sink);
    }

    @Test
    void shouldAllocateNothingWhenBatchesAreEncoded() {
        final RecordBatchEncoder encoder = new RecordBatchEncoder();
        final RecordHeadersEncoder headers = new RecordHeadersEncoder();
        final DirectBuffer payload = new UnsafeBuffer(batch);
        assertNoAllocation(i -> {
            headers.clear().add(payload, 0, 5, payload, 5, 10);
            encoder.begin(ring, 0);
            encoder.add(i, payload, 0, 8, payload, 0, 100);
            encoder.add(i, null, 0, -1, payload, 0, 200, headers);
            sink += encoder.end();
        });
    }

    @Test
    void shouldAllocateNothingWhenChecksumsAreComputed() {
        final Crc32c crc32c = new Crc32c();
        final UnsafeBuffer address = new UnsafeBuffer(ring.addressOffset(), ring.capacity());
        final UnsafeBuffer heap = new UnsafeBuffer(batch);
        assertNoAllocation(i -> {
            sink += crc32c.compute(ring, i & 0xFF, 1000);
            sink += crc32c.compute(address, i & 0xFF, 1000);
            sink += crc32c.compute(heap, i & 0xFF, 1000);
            sink += crc32c.compute(ring, 0, 100, heap, 0, 100);
            sink += Crc32c.combine(sink, i, i);
        });
    }

    private interface Operation {
        void run(int i);
    }

    private static void assertNoAllocation(final Operation operation) {
        allocatedBytes(operation);
        // A first pass may see the measurement's own classes load.
        long allocated = Long.MAX_VALUE;
        for (int attempt = 0; attempt < 3 && allocated != 0; attempt++) {
            allocated = allocatedBytes(operation);
        }
        assertEquals(0, allocated);
    }

    private static long allocatedBytes(final Operation operation) {
        final long before = THREADS.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < REPETITIONS; i++) {
            operation.run(i);
        }
        return THREADS.getCurrentThreadAllocatedBytes() - before;
    }
}
