package io.epona.replicator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.codec.FrameDescriptor;
import io.epona.codec.FrameEncoder;
import io.epona.journal.Journal;
import io.epona.journal.JournalConfig;
import io.epona.journal.JournalWriter;
import io.epona.journal.LogRing;
import io.epona.journal.testing.SimulatedDevice;
import io.epona.runtime.LaneCounters;
import io.epona.runtime.Signal;
import io.epona.runtime.budget.Stage;
import io.epona.runtime.budget.StageRecorder;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class JournalFrameSourceTest {
    private static final int RING_LENGTH = 64 * 1024;
    private static final int SEGMENT_LENGTH = 64 * 1024;
    private static final int SEGMENT_COUNT = 4;
    private static final int PAYLOAD_LENGTH = 936;
    private static final int FRAME_LENGTH = 1_000;

    private final JournalConfig config =
            new JournalConfig(Path.of("simulated"), 0, 1, 2, 1, SEGMENT_LENGTH, SEGMENT_COUNT, 4_096, 64 * 1024);
    private final LogRing ring = LogRing.allocate(RING_LENGTH);
    private final LaneCounters counters = LaneCounters.onHeap();
    private final FrameEncoder encoder = new FrameEncoder();
    private final Journal journal = Journal.open(config, new SimulatedDevice(config, 1).segments(), ring);
    private JournalWriter writer;

    private void open() {
        journal.recover(0, 0, (buffer, offset, length, position) -> {});
        writer = journal.writer(
                counters, new StageRecorder("journal-0", Stage.DEVICE_WRITE), Signal.NONE, (component, reason) -> {
                    throw new AssertionError(reason);
                });
    }

    private void append(final int count) {
        for (int i = 0; i < count; i++) {
            long position = counters.appended().get();
            final int remaining = FrameDescriptor.remainingInSpan(position, SEGMENT_LENGTH);
            if (remaining < FRAME_LENGTH) {
                encoder.encodePadding(ring.buffer(), ring.offset(position), position, remaining, 1, 0, 0);
                position += remaining;
            }
            encoder.encodeRecords(ring.buffer(), ring.offset(position), position, PAYLOAD_LENGTH, 1, 0, i, 0, 0, 0, 0);
            counters.appended().setRelease(position + FRAME_LENGTH);
            counters.checkpointed().setRelease(Math.max(0, position - 2L * SEGMENT_LENGTH));
            while (counters.durable().get() < counters.appended().get()) {
                writer.doWork();
            }
        }
    }

    @Test
    void shouldGiveAllFramesInOrderWhenTheJournalHasThem() {
        open();
        append(150);
        long position = 0;
        int frameCount = 0;
        try (FrameSource source = JournalFrameSource.of(journal, FRAME_LENGTH).get()) {
            int length = source.read(position, counters.durable().get());
            while (length > 0) {
                int offset = 0;
                while (offset < length) {
                    assertEquals(position + offset, FrameDescriptor.position(source.buffer(), offset));
                    frameCount += FrameDescriptor.type(source.buffer(), offset) == FrameDescriptor.TYPE_RECORDS ? 1 : 0;
                    offset += FrameDescriptor.alignedLength(FrameDescriptor.frameLength(source.buffer(), offset));
                }
                assertEquals(length, offset);
                position = FrameDescriptor.framePosition(position + length, SEGMENT_LENGTH);
                length = source.read(position, counters.durable().get());
            }
            assertEquals(0, length);
        }
        assertEquals(counters.appended().get(), position);
        assertEquals(150, frameCount);
    }

    @Test
    void shouldSayRecycledWhenTheJournalDoesNotReachBackSoFar() {
        open();
        append(600);
        try (FrameSource source = JournalFrameSource.of(journal, FRAME_LENGTH).get()) {
            assertEquals(FrameSource.RECYCLED, source.read(0, counters.durable().get()));
            assertTrue(journal.bounds().oldestPosition() > 0);
            assertTrue(source.read(
                            journal.bounds().oldestPosition(),
                            counters.durable().get())
                    > 0);
        }
    }

    @Test
    void shouldRefuseToGiveOutBytesThatAreNoFrames() {
        open();
        append(10);
        try (FrameSource source = JournalFrameSource.of(journal, FRAME_LENGTH).get()) {
            final long within = FRAME_LENGTH + 8;
            assertThrows(
                    IllegalStateException.class,
                    () -> source.read(within, counters.durable().get()));
        }
    }
}
