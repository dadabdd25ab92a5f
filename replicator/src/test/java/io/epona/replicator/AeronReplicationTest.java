package io.epona.replicator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.codec.FrameDescriptor;
import io.epona.replicator.driver.MediaDriverConfig;
import io.epona.runtime.CounterType;
import io.epona.runtime.Signal;
import io.epona.runtime.testing.SettableNodeClock;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Three replicators over real streams; one follower comes late, when the leader's ring has long gone on. */
class AeronReplicationTest {
    private static final int FRAME_COUNT = 2_000;

    private final Random random = new Random(11);
    private final SettableNodeClock clock = new SettableNodeClock(0);
    private long lastNs = System.nanoTime();

    private void work(final List<TestLane> lanes) {
        final long nowNs = System.nanoTime();
        clock.advanceNs(nowNs - lastNs);
        lastNs = nowNs;
        for (final TestLane lane : lanes) {
            lane.replicator.receiver().doWork();
            if (lane.nodeId == TestLane.LEADER) {
                lane.pollAsLeader();
                lane.settle();
            } else {
                lane.pollAsFollower();
            }
            lane.replicator.sender().doWork();
            lane.replicator.catchUp().doWork();
        }
    }

    private void append(final TestLane leader) {
        final int bound = TestLane.maxPayloadLength() - TestLane.minPayloadLength();
        leader.append(TestLane.minPayloadLength() + random.nextInt(random.nextInt(10) == 0 ? bound : 200));
    }

    private static void checkSame(final TestLane leader, final TestLane follower) {
        long position = 0;
        while (position < leader.appended()) {
            final int frameLength = FrameDescriptor.frameLength(leader.log, (int) position);
            for (int i = 0; i < frameLength; i++) {
                assertEquals(leader.log.getByte((int) position + i), follower.log.getByte((int) position + i));
            }
            position = FrameDescriptor.nextFramePosition(position, frameLength, TestLane.SPAN_LENGTH);
        }
        assertEquals(List.of(), follower.errors);
    }

    @Test
    void shouldGiveEachFollowerTheLeadersLogWhenOneComesLate() {
        final Map<Integer, String> endpoints = TestPeer.endpoints(1, 2, 3);
        run(nodeId -> TestPeer.start(nodeId, endpoints), CounterType.REPLICATION_LIVE_FEEDS);
    }

    @ParameterizedTest
    @ValueSource(strings = {MediaDriverConfig.EVENT, MediaDriverConfig.BACKOFF})
    void shouldGiveEachFollowerTheLeadersLogWhenItIsSentToAll(final String idle) {
        final Map<Integer, String> endpoints = TestPeer.endpoints(1, 2, 3);
        final MulticastGroup group = TestPeer.group();
        run(
                nodeId -> TestPeer.start(nodeId, endpoints, group, idle, Signal.NONE),
                CounterType.REPLICATION_MULTICAST_FEEDS);
    }

    @Test
    void shouldServeAFollowerThatHearsNothingOfWhatIsSentToAll() {
        final Map<Integer, String> endpoints = TestPeer.endpoints(1, 2, 3);
        final MulticastGroup group = TestPeer.group();
        try (TestPeer one = TestPeer.start(1, endpoints, group, MediaDriverConfig.EVENT, Signal.NONE);
                TestPeer two = TestPeer.start(2, endpoints, group, MediaDriverConfig.EVENT, Signal.NONE);
                TestPeer three = TestPeer.start(3, endpoints)) {
            final TestLane leader = new TestLane(1, 3, one.transport, clock);
            final TestLane hearing = new TestLane(2, 3, two.transport, clock);
            final TestLane deaf = new TestLane(3, 3, three.transport, clock);
            final List<TestLane> all = List.of(leader, hearing, deaf);
            append(leader);
            Deadline.await("one is served by multicast, the other by its own stream", () -> {
                work(all);
                return leader.meter(CounterType.REPLICATION_MULTICAST_FEEDS) == 1
                        && leader.meter(CounterType.REPLICATION_LIVE_FEEDS) == 1;
            });
            for (int i = 0; i < FRAME_COUNT / 4; i++) {
                append(leader);
                work(all);
            }
            Deadline.await("both have all", () -> {
                work(all);
                return hearing.appended() == leader.appended() && deaf.appended() == leader.appended();
            });
            checkSame(leader, hearing);
            checkSame(leader, deaf);
        }
    }

    private void run(final IntFunction<TestPeer> start, final CounterType servedBy) {
        try (TestPeer one = start.apply(1);
                TestPeer two = start.apply(2)) {
            final TestLane leader = new TestLane(1, 3, one.transport, clock);
            final TestLane early = new TestLane(2, 3, two.transport, clock);
            for (int i = 0; i < FRAME_COUNT; i++) {
                append(leader);
                work(List.of(leader, early));
            }
            Deadline.await("the early follower", () -> {
                work(List.of(leader, early));
                return early.appended() == leader.appended();
            });
            assertTrue(leader.appended() > 4L * TestLane.RING_LENGTH);
            try (TestPeer three = start.apply(3)) {
                final TestLane late = new TestLane(3, 3, three.transport, clock);
                final int[] left = {FRAME_COUNT / 4};
                Deadline.await("the late follower", () -> {
                    if (left[0]-- > 0) {
                        append(leader);
                    }
                    work(List.of(leader, early, late));
                    return left[0] < 0 && late.appended() == leader.appended() && early.appended() == late.appended();
                });
                Deadline.await("both followers live", () -> {
                    work(List.of(leader, early, late));
                    return leader.meter(servedBy) == 2;
                });
                checkSame(leader, early);
                checkSame(leader, late);
                assertTrue(leader.meter(CounterType.REPLICATION_CATCH_UP) > 4L * TestLane.RING_LENGTH);
                assertEquals(List.of(), leader.errors);
                assertEquals(List.of(), List.copyOf(three.errors));
            }
        }
    }
}
