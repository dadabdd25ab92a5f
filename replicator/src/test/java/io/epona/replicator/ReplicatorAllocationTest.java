package io.epona.replicator;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.epona.runtime.testing.Allocation;
import io.epona.runtime.testing.SettableNodeClock;
import org.junit.jupiter.api.Test;

class ReplicatorAllocationTest {
    private static final int RUNS = 20_000;
    private static final int PAYLOAD_LENGTH = 300;

    private final SettableNodeClock clock = new SettableNodeClock(0);
    private final LoopTransport transport = new LoopTransport();
    private final TestLane leader = new TestLane(TestLane.LEADER, 2, transport, clock);
    private final TestLane follower = new TestLane(2, 2, transport, clock);

    @Test
    void shouldAllocateNothingWhenFramesAndAcknowledgementsFlow() {
        transport.remembers = false;
        leader.startFeed(2, 0);
        final FrameRecycler recycler = new FrameRecycler();

        assertEquals(0, Allocation.bytesPerRun(RUNS, recycler::cycle));
        assertEquals(0, leader.errors.size() + follower.errors.size());
    }

    /** The sender sends what was appended, the receiver takes it; the lanes in between are the test's. */
    private final class FrameRecycler {
        private long taken;

        void cycle() {
            clock.advanceMs(1);
            leader.appendToRing(PAYLOAD_LENGTH);
            leader.replicator.sender().doWork();
            follower.replicator.receiver().doWork();
            taken += follower.skipPeers();
            follower.acknowledgeAll(leader.appended());
            follower.replicator.sender().doWork();
            leader.replicator.receiver().doWork();
            taken += leader.skipPeers();
        }
    }
}
