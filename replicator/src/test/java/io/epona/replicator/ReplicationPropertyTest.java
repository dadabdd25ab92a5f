package io.epona.replicator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.codec.FrameDescriptor;
import io.epona.runtime.CounterType;
import io.epona.runtime.testing.SettableNodeClock;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/**
 * Whatever the network does, followers end with the leader's log, and on the way there have nothing else: messages are
 * lost, streams overtake each other, nodes go away and come back, take nothing for a while, and fall out of the ring,
 * while the leader goes on appending.
 */
class ReplicationPropertyTest {
    private static final int STEPS = 2_000;

    /** After these, whatever followers asked for at first has long been answered. */
    private static final int BEGIN_STEPS = 500;

    private static final int SETTLE_STEPS = 60_000;
    private static final long STEP_NS = 1_000_000L;
    private static final int LOG_LIMIT = 16 * 1024 * 1024;

    /** What one run saw, so that a test can tell that it tried what it is about. */
    private record Seen(long caughtUpLength, long gaps, long servedSteps, long ownStreamSteps) {}

    private static final class Run {
        final long seed;
        final Random random;
        final SettableNodeClock clock = new SettableNodeClock(0);
        final FakeNetwork network;
        final TestLane leader;
        final List<TestLane> followers;
        long servedSteps;
        long ownStreamSteps;

        Run(final long seed, final boolean hasMulticast) {
            this.seed = seed;
            random = new Random(seed);
            network = new FakeNetwork(random, hasMulticast);
            leader = lane(TestLane.LEADER);
            followers = List.of(lane(2), lane(3));
        }

        private TestLane lane(final int nodeId) {
            return new TestLane(nodeId, 3, network.transport(nodeId), clock);
        }

        void step(final int appendsPercent) {
            clock.advanceNs(STEP_NS);
            if (random.nextInt(100) < appendsPercent) {
                for (int i = random.nextInt(4); i >= 0; i--) {
                    append();
                }
            }
            if (random.nextInt(4) > 0) {
                leader.settle();
            }
            work(leader);
            followers.forEach(this::work);
            for (final TestLane follower : followers) {
                checkPrefix(follower);
            }
            servedSteps += served();
            ownStreamSteps += ownStreams();
        }

        /** A step with so little appended that it never falls out of the ring before it is sent. */
        void trickle() {
            if (random.nextInt(20) == 0) {
                leader.append(TestLane.minPayloadLength() + random.nextInt(300));
            }
            step(0);
        }

        /** How many followers hear what is sent to all, and are sent nothing else. */
        long served() {
            return leader.meter(CounterType.REPLICATION_MULTICAST_FEEDS);
        }

        long ownStreams() {
            return leader.meter(CounterType.REPLICATION_LIVE_FEEDS);
        }

        private void append() {
            final int spread = TestLane.maxPayloadLength() - TestLane.minPayloadLength();
            final int bound = random.nextInt(8) == 0 ? spread : 300;
            // The ring is held for the journal, as the lane does.
            if (leader.appended() + 2L * TestLane.maxPayloadLength()
                            < leader.counters.durable().get() + TestLane.RING_LENGTH
                    && leader.appended() < LOG_LIMIT) {
                leader.append(TestLane.minPayloadLength() + random.nextInt(bound));
            }
        }

        private void work(final TestLane lane) {
            if (random.nextInt(5) == 0) {
                return;
            }
            lane.replicator.receiver().doWork();
            if (lane == leader) {
                lane.pollAsLeader();
            } else {
                lane.pollAsFollower();
            }
            lane.replicator.sender().doWork();
            if (random.nextBoolean()) {
                lane.replicator.catchUp().doWork();
            }
        }

        void disturb() {
            final TestLane follower = followers.get(random.nextInt(followers.size()));
            switch (random.nextInt(60)) {
                case 5 -> network.deaf(follower.nodeId, random.nextBoolean());
                case 0 -> network.away(follower.nodeId, !network.isAway(follower.nodeId));
                case 1 -> follower.block(random.nextBoolean());
                case 2 -> network.lossPercent(random.nextInt(3) == 0 ? random.nextInt(40) : 0);
                case 3 -> {
                    if (network.isAway(follower.nodeId)) {
                        follower.restart();
                    }
                }
                case 4 -> {
                    final long least = followers.stream()
                            .mapToLong(TestLane::appended)
                            .min()
                            .orElseThrow();
                    leader.recycle(Math.max(leader.oldestPosition(), least));
                }
                default -> {
                    // Most of the time nothing happens.
                }
            }
        }

        void heal() {
            network.lossPercent(0);
            for (final TestLane follower : followers) {
                network.away(follower.nodeId, false);
                network.deaf(follower.nodeId, false);
                follower.block(false);
            }
        }

        /** Until all have everything; the leader appends for the first part of that time. */
        void settle(final int appendsPercent) {
            int steps = 0;
            while (!isDone()) {
                step(steps < SETTLE_STEPS / 10 ? appendsPercent : 0);
                leader.settle();
                assertTrue(
                        steps++ < SETTLE_STEPS,
                        () -> "does not settle: seed=" + seed + ", leader=" + leader.appended() + ", followers="
                                + followers.stream().map(TestLane::appended).toList());
            }
        }

        private boolean isDone() {
            return followers.stream().allMatch(follower -> follower.appended() == leader.appended());
        }

        private void checkPrefix(final TestLane follower) {
            assertTrue(follower.appended() <= leader.appended(), "a follower has more than its leader");
        }

        void checkSame() {
            for (final TestLane follower : followers) {
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
            assertEquals(List.of(), leader.errors);
        }
    }

    private static Seen run(
            final long seed, final boolean hasMulticast, final boolean isDisturbed, final int appendsPercent) {
        final Run run = new Run(seed, hasMulticast);
        for (int i = 0; i < STEPS; i++) {
            if (isDisturbed) {
                run.disturb();
            }
            run.step(appendsPercent);
        }
        run.heal();
        // The leader goes on for a while: whoever catches up has to come back to a log that grows.
        run.settle(appendsPercent / 4);
        run.checkSame();
        return new Seen(
                run.leader.meter(CounterType.REPLICATION_CATCH_UP),
                run.leader.meter(CounterType.REPLICATION_GAPS),
                run.servedSteps,
                run.ownStreamSteps);
    }

    @Property(tries = 40)
    void shouldEndWithTheLeadersLogWhenTheNetworkIsBad(@ForAll final long seed, @ForAll final boolean hasMulticast) {
        run(seed, hasMulticast, true, 60);
    }

    @Property(tries = 20)
    void shouldNeverSeeAGapWhenNothingIsLost(@ForAll final long seed) {
        assertEquals(0, run(seed, false, false, 30).gaps());
    }

    /** A follower needs a stream of its own at first, since what is sent to all begins at the end of the log. */
    @Property(tries = 20)
    void shouldServeFollowersByMulticastForGoodWhenNothingIsLost(@ForAll final long seed) {
        final Run run = new Run(seed, true);
        run.network.hasEndlessWindows();
        for (int i = 0; i < BEGIN_STEPS || i < SETTLE_STEPS && run.ownStreams() > 0; i++) {
            run.trickle();
        }
        for (int i = 0; i < STEPS; i++) {
            assertEquals(0, run.ownStreams(), () -> "somebody has a stream of its own: seed=" + seed);
            run.trickle();
        }
        assertTrue(run.served() > 0, () -> "nobody is served: seed=" + seed);
        run.settle(0);
        run.checkSame();
    }

    @Property(tries = 10, seed = "7")
    void shouldHaveCaughtUpAndSeenGapsWhenTheNetworkIsBad(@ForAll final long seed) {
        final Seen seen = run(seed, false, true, 60);
        assertTrue(seen.caughtUpLength() > 0, "no catch-up was tried: seed=" + seed);
        assertTrue(seen.gaps() > 0, "no gap was tried: seed=" + seed);
    }

    @Property(tries = 10, seed = "7")
    void shouldHaveUsedAllWaysWhenTheNetworkIsBadAndHasMulticast(@ForAll final long seed) {
        final Seen seen = run(seed, true, true, 20);
        assertTrue(seen.servedSteps() > 0, () -> "nobody was served by multicast: seed=" + seed);
        assertTrue(seen.ownStreamSteps() > 0, () -> "nobody had a stream of its own: seed=" + seed);
        assertTrue(seen.caughtUpLength() > 0, () -> "no catch-up was tried: seed=" + seed);
    }
}
