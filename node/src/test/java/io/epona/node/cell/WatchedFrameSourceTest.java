package io.epona.node.cell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.replicator.FrameSource;
import io.epona.runtime.testing.SettableNodeClock;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class WatchedFrameSourceTest {
    private static final class Device implements FrameSource {
        boolean isDamaged;
        boolean isClosed;

        @Override
        public int read(final long fromPosition, final long limitPosition) {
            if (isDamaged) {
                throw new IllegalStateException("damaged");
            }
            return (int) (limitPosition - fromPosition);
        }

        @Override
        public DirectBuffer buffer() {
            return new UnsafeBuffer(new byte[1]);
        }

        @Override
        public void close() {
            isClosed = true;
        }
    }

    @Test
    void shouldReportFromTimeToTimeWhenTheJournalCannotBeRead() {
        final Device device = new Device();
        final SettableNodeClock clock = new SettableNodeClock(1);
        final int[] reports = {0};
        final FrameSource watched = WatchedFrameSource.watch(() -> device, clock, () -> reports[0]++)
                .get();
        assertEquals(7, watched.read(1, 8));
        assertEquals(0, reports[0]);

        device.isDamaged = true;
        for (int i = 0; i < 5; i++) {
            assertThrows(IllegalStateException.class, () -> watched.read(1, 8));
        }
        assertEquals(1, reports[0]);
        clock.advanceMs(10_000);
        assertThrows(IllegalStateException.class, () -> watched.read(1, 8));
        assertEquals(2, reports[0]);
        watched.close();
        assertTrue(device.isClosed);
    }
}
