package io.epona.replicator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.codec.replication.FollowerAckEncoder;
import io.epona.codec.replication.FramesDecoder;
import io.epona.codec.replication.MessageHeaderDecoder;
import io.epona.codec.replication.MessageHeaderEncoder;
import io.epona.runtime.CounterType;
import io.epona.runtime.testing.SettableNodeClock;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** What a leader sends to all and what to whom, to followers that the test plays. */
class MulticastFeedTest {
    private static final int PAYLOAD_LENGTH = 200;
    private static final int FRAME_LENGTH = 264;
    private static final int KEY = 12_345;
    private static final int ALL = ReplicatorLimits.ALL_FOLLOWERS;

    private record Sent(int toNode, long position, int length) {}

    private final SettableNodeClock clock = new SettableNodeClock(0);
    private final LoopTransport transport = new LoopTransport();
    private final TestLane leader;

    MulticastFeedTest() {
        transport.multicastKey = KEY;
        leader = new TestLane(TestLane.LEADER, 3, transport, clock);
    }

    private List<Sent> cycle() {
        leader.replicator.sender().doWork();
        final List<Sent> sent = new ArrayList<>();
        transport.poll(
                (buffer, offset, length) -> {
                    final FramesDecoder frames =
                            new FramesDecoder().wrapAndApplyHeader(buffer, offset, new MessageHeaderDecoder());
                    assertEquals(TestLane.EPOCH, frames.leaderEpoch());
                    assertEquals(frames.toNode() == ALL ? KEY : 0, frames.cellKey());
                    if (frames.framesLength() > 0) {
                        sent.add(new Sent(frames.toNode(), frames.position(), frames.framesLength()));
                    }
                    return true;
                },
                100);
        return sent;
    }

    /** A follower acknowledges everything that was appended. */
    private void acknowledge(final int follower, final boolean hears) {
        final UnsafeBuffer message = new UnsafeBuffer(new byte[ReplicatorLimits.CONTROL_LENGTH]);
        new FollowerAckEncoder()
                .wrapAndApplyHeader(message, 0, new MessageHeaderEncoder())
                .laneId(0)
                .fromNode(follower)
                .toNode(TestLane.LEADER)
                .leaderEpoch(TestLane.EPOCH)
                .hearsMulticast((short) (hears ? 1 : 0))
                .receivedPosition(leader.appended())
                .durablePosition(leader.appended());
        leader.replicator.receiver().onMessage(message, 0, message.capacity());
        leader.pollAsLeader();
    }

    private void follow(final int follower) {
        leader.startFeed(follower, leader.appended());
        cycle();
        acknowledge(follower, true);
        cycle();
    }

    private long served() {
        return leader.meter(CounterType.REPLICATION_MULTICAST_FEEDS);
    }

    @Test
    void shouldSendOnceToAllWhenFollowersHearIt() {
        follow(2);
        follow(3);
        assertEquals(2, served());
        assertEquals(2, transport.releasedLive);
        leader.append(PAYLOAD_LENGTH);

        assertEquals(List.of(new Sent(ALL, 0, FRAME_LENGTH)), cycle());
        assertEquals(0, leader.meter(CounterType.REPLICATION_LIVE_FEEDS));
    }

    @Test
    void shouldKeepTheOwnStreamWhenAFollowerDoesNotHear() {
        follow(2);
        leader.startFeed(3, 0);
        cycle();
        acknowledge(3, false);
        leader.append(PAYLOAD_LENGTH);

        assertEquals(List.of(new Sent(ALL, 0, FRAME_LENGTH), new Sent(3, 0, FRAME_LENGTH)), cycle());
        assertEquals(1, served());
        assertEquals(1, leader.meter(CounterType.REPLICATION_LIVE_FEEDS));
    }

    @Test
    void shouldSendOnlyToItselfWhatAFollowerMissesThatComesLater() {
        follow(2);
        leader.append(PAYLOAD_LENGTH);
        leader.append(PAYLOAD_LENGTH);
        cycle();
        acknowledge(2, true);
        leader.startFeed(3, FRAME_LENGTH);

        assertEquals(List.of(new Sent(3, FRAME_LENGTH, FRAME_LENGTH)), cycle());
    }

    @Test
    void shouldSendAgainOnTheOwnStreamWhenAFollowerSaysThatItHasAGap() {
        follow(2);
        leader.append(PAYLOAD_LENGTH);
        assertEquals(1, cycle().size());
        leader.startFeed(2, 0);

        assertEquals(List.of(new Sent(2, 0, FRAME_LENGTH)), cycle());
        assertEquals(0, served());
        acknowledge(2, true);
        cycle();
        assertEquals(0, served(), "it keeps its stream for a while");
        clock.advanceNs(TestLane.MULTICAST_HOLD_NS);
        cycle();
        assertEquals(1, served());
    }

    @Test
    void shouldGiveAFollowerItsStreamBackWhenItSaysThatItHearsNoMore() {
        follow(2);
        acknowledge(2, false);
        cycle();
        leader.append(PAYLOAD_LENGTH);

        assertEquals(List.of(new Sent(ALL, 0, FRAME_LENGTH), new Sent(2, 0, FRAME_LENGTH)), cycle());
    }

    @Test
    void shouldGiveAFollowerItsStreamBackWhenItGetsNowhere() {
        follow(2);
        clock.advanceNs(10 * TestLane.MULTICAST_STALL_NS);
        cycle();
        assertEquals(1, served(), "there was nothing to be had");
        leader.append(PAYLOAD_LENGTH);
        cycle();
        clock.advanceNs(TestLane.MULTICAST_STALL_NS);
        cycle();
        assertEquals(1, served());
        clock.advanceNs(1);
        cycle();

        assertEquals(List.of(new Sent(2, 0, FRAME_LENGTH)), cycle());
        assertEquals(0, served());
    }

    @Test
    void shouldGiveFollowersTheirStreamsBackWhenWhatIsSentToAllIsHeldBack() {
        follow(2);
        follow(3);
        transport.multicastOutcome = Offer.BACK_PRESSURED;
        leader.append(PAYLOAD_LENGTH);
        assertEquals(List.of(), cycle());
        clock.advanceNs(TestLane.MULTICAST_STALL_NS);
        assertEquals(List.of(), cycle());
        assertEquals(2, served());
        clock.advanceNs(1);
        cycle();

        assertEquals(List.of(new Sent(2, 0, FRAME_LENGTH), new Sent(3, 0, FRAME_LENGTH)), cycle());
        assertEquals(0, served());
    }

    @Test
    void shouldGiveAllTheirStreamsBackWhenNobodyIsKnownToListen() {
        follow(2);
        follow(3);
        transport.multicastOutcome = Offer.NOT_CONNECTED;
        leader.append(PAYLOAD_LENGTH);
        final List<Sent> sent = new ArrayList<>(cycle());
        sent.addAll(cycle());

        assertEquals(List.of(new Sent(2, 0, FRAME_LENGTH), new Sent(3, 0, FRAME_LENGTH)), sent);
        transport.multicastOutcome = Offer.SENT;
        leader.append(PAYLOAD_LENGTH);
        assertTrue(cycle().contains(new Sent(ALL, FRAME_LENGTH, FRAME_LENGTH)), "it goes on at the end of the log");
    }

    @Test
    void shouldLeaveOutWhatTheRingHasNoMoreWhenAllWhoListenAreSlow() {
        follow(2);
        follow(3);
        transport.multicastOutcome = Offer.BACK_PRESSURED;
        while (leader.appended() < 2L * TestLane.RING_LENGTH) {
            leader.append(PAYLOAD_LENGTH);
            leader.settle();
            cycle();
        }

        assertEquals(0, served());
        assertEquals(2, leader.meter(CounterType.REPLICATION_CATCHING_UP_FEEDS));
        transport.multicastOutcome = Offer.SENT;
        final List<Sent> sent = cycle();
        assertTrue(sent.stream().allMatch(message -> message.toNode() == ALL), () -> "too early: " + sent);
        assertTrue(sent.getFirst().position() > 0, "the begin was left out");
    }

    @Test
    void shouldListenAgainWhenTheLaneLeadsNoMore() {
        follow(2);
        leader.stopFeeds();
        leader.append(PAYLOAD_LENGTH);
        clock.advanceMs(1_000);

        assertEquals(List.of(), cycle());
        assertEquals(1, transport.releasedMulticast);
        assertEquals(0, served());
    }
}
