package io.epona.replicator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.codec.FrameDescriptor;
import io.epona.codec.replication.FramesDecoder;
import io.epona.codec.replication.MessageHeaderDecoder;
import io.epona.codec.replication.StartFeedDecoder;
import io.epona.journal.RingLimits;
import io.epona.runtime.CounterType;
import io.epona.runtime.testing.SettableNodeClock;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.AgentTerminationException;
import org.junit.jupiter.api.Test;

/** What a leader's sender says when, to followers that the test plays. */
class FrameFeedTest {
    private static final int PAYLOAD_LENGTH = 200;
    private static final int FRAME_LENGTH = 264;

    private record Sent(long position, int length, long committed) {}

    private final SettableNodeClock clock = new SettableNodeClock(0);
    private final LoopTransport transport = new LoopTransport();
    private final TestLane leader = new TestLane(TestLane.LEADER, 3, transport, clock);

    /** One duty cycle, and the Frames messages of it. */
    private List<Sent> cycle() {
        leader.replicator.sender().doWork();
        return sent();
    }

    private List<Sent> sent() {
        final List<Sent> sent = new ArrayList<>();
        transport.poll(
                (buffer, offset, length) -> {
                    final FramesDecoder frames =
                            new FramesDecoder().wrapAndApplyHeader(buffer, offset, new MessageHeaderDecoder());
                    assertEquals(TestLane.EPOCH, frames.leaderEpoch());
                    assertEquals(TestLane.LEADER, frames.fromNode());
                    sent.add(new Sent(frames.position(), frames.framesLength(), frames.committedPosition()));
                    return true;
                },
                100);
        return sent;
    }

    @Test
    void shouldSendEverythingThatWaitsInOneMessageWhenItWasAppended() {
        leader.startFeed(2, 0);
        assertEquals(List.of(new Sent(0, 0, 0)), cycle());
        for (int i = 0; i < 5; i++) {
            leader.append(PAYLOAD_LENGTH);
        }
        leader.counters.committed().setRelease(FRAME_LENGTH);

        assertEquals(List.of(new Sent(0, 5 * FRAME_LENGTH, FRAME_LENGTH)), cycle());
        assertEquals(List.of(), cycle());
        assertEquals(1, leader.meter(CounterType.REPLICATION_LIVE_FEEDS));
        assertEquals(5 * FRAME_LENGTH, leader.meter(CounterType.REPLICATION_SENT));
        assertEquals(2, transport.flushCount);
    }

    @Test
    void shouldNotReachOverTheEndOfASpan() {
        leader.startFeed(2, 0);
        cycle();
        while (leader.appended() <= TestLane.SPAN_LENGTH) {
            leader.append(PAYLOAD_LENGTH);
        }
        final List<Sent> sent = cycle();

        assertTrue(sent.size() > 1);
        for (final Sent message : sent) {
            assertTrue(message.length() <= FrameDescriptor.remainingInSpan(message.position(), TestLane.SPAN_LENGTH));
            assertTrue(message.length() <= RingLimits.maxUnpublishedLength(TestLane.RING_LENGTH));
        }
        assertEquals(new Sent(TestLane.SPAN_LENGTH, FRAME_LENGTH, 0), sent.getLast());
    }

    @Test
    void shouldSendHeartbeatsWhenNothingIsAppended() {
        leader.startFeed(2, 0);
        leader.append(PAYLOAD_LENGTH);
        cycle();
        clock.advanceNs(TestLane.HEARTBEAT_NS - 1);
        assertEquals(List.of(), cycle());
        clock.advanceNs(1);
        assertEquals(List.of(new Sent(FRAME_LENGTH, 0, 0)), cycle());
        assertEquals(List.of(), cycle());
    }

    @Test
    void shouldTellSoonWhatIsCommittedWhenNoFramesCarryIt() {
        leader.startFeed(2, 0);
        leader.append(PAYLOAD_LENGTH);
        cycle();
        leader.counters.committed().setRelease(FRAME_LENGTH);
        clock.advanceMs(4);
        assertEquals(List.of(), cycle());
        clock.advanceMs(1);
        assertEquals(List.of(new Sent(FRAME_LENGTH, 0, FRAME_LENGTH)), cycle());
    }

    @Test
    void shouldSendAgainFromThereWhenToldTo() {
        leader.startFeed(2, 0);
        leader.append(PAYLOAD_LENGTH);
        leader.append(PAYLOAD_LENGTH);
        cycle();
        leader.startFeed(2, FRAME_LENGTH);

        assertEquals(List.of(new Sent(FRAME_LENGTH, FRAME_LENGTH, 0)), cycle());
    }

    @Test
    void shouldSayNothingWhenTheLaneLeadsNoMore() {
        leader.startFeed(2, 0);
        leader.startFeed(3, 0);
        cycle();
        leader.stopFeeds();
        leader.append(PAYLOAD_LENGTH);
        clock.advanceMs(1_000);

        assertEquals(List.of(), cycle());
        assertEquals(0, leader.meter(CounterType.REPLICATION_LIVE_FEEDS));
        assertEquals(2, transport.releasedLive);
    }

    @Test
    void shouldServeTheOtherFollowerWhenOneTakesNothing() {
        transport.outcomes[2] = Offer.BACK_PRESSURED;
        leader.startFeed(2, 0);
        leader.startFeed(3, 0);
        for (int i = 0; i < 1_000; i++) {
            leader.append(PAYLOAD_LENGTH);
            leader.settle();
            cycle();
            leader.replicator.catchUp().doWork();
        }

        assertTrue(transport.sentTo.stream().allMatch(node -> node == 3));
        assertTrue(leader.meter(CounterType.REPLICATION_SENT) >= leader.appended() - TestLane.SPAN_LENGTH);
        assertEquals(1, leader.meter(CounterType.REPLICATION_LIVE_FEEDS));
        assertEquals(1, leader.meter(CounterType.REPLICATION_CATCHING_UP_FEEDS));
    }

    private void appendRings(final int ringCount) {
        while (leader.appended() < (long) ringCount * TestLane.RING_LENGTH) {
            leader.append(PAYLOAD_LENGTH);
        }
        leader.settle();
    }

    @Test
    void shouldCatchUpFromTheJournalAndComeBackWhenTheRingHasNoMoreOfIt() {
        appendRings(3);
        leader.startFeed(2, 0);
        leader.replica(2).received().setRelease(0);
        assertEquals(List.of(new Sent(0, 0, 0)), cycle());

        long position = 0;
        while (position < leader.appended() - TestLane.RING_LENGTH / 2) {
            leader.replicator.catchUp().doWork();
            for (final Sent sent : sent()) {
                assertEquals(FrameDescriptor.framePosition(position, TestLane.SPAN_LENGTH), sent.position());
                position = sent.position() + sent.length();
            }
        }
        leader.replica(2).received().setRelease(position);
        final List<Sent> live = cycle();

        assertEquals(
                FrameDescriptor.framePosition(position, TestLane.SPAN_LENGTH),
                live.getFirst().position());
        final long end = live.getLast().position() + live.getLast().length();
        assertEquals(leader.appended(), FrameDescriptor.framePosition(end, TestLane.SPAN_LENGTH));
        assertEquals(0, leader.meter(CounterType.REPLICATION_CATCHING_UP_FEEDS));
        leader.replicator.catchUp().doWork();
        assertEquals(List.of(), sent());
    }

    @Test
    void shouldStopTheFeedWhenTheJournalHasNoMoreOfIt() {
        appendRings(3);
        leader.recycle(TestLane.RING_LENGTH);
        leader.startFeed(2, 0);
        cycle();
        leader.replicator.catchUp().doWork();
        cycle();
        clock.advanceMs(1_000);

        assertEquals(List.of(), cycle());
        assertEquals(0, leader.meter(CounterType.REPLICATION_CATCHING_UP_FEEDS));
    }

    @Test
    void shouldSendAgainWhenWhatWasCaughtUpDidNotArrive() {
        appendRings(3);
        leader.startFeed(2, 0);
        cycle();
        leader.replicator.catchUp().doWork();
        final List<Sent> lost = sent();
        clock.advanceMs(1_100);
        cycle();
        leader.replicator.catchUp().doWork();

        assertEquals(0, lost.getFirst().position());
        assertEquals(0, sent().getFirst().position());
    }

    @Test
    void shouldEndTheNodeWhenAStreamHasEnded() {
        leader.startFeed(2, 0);
        transport.outcomes[2] = Offer.CLOSED;
        assertThrows(AgentTerminationException.class, leader.replicator.sender()::doWork);
    }

    @Test
    void shouldSkipAndReportWordsOfALaneThatMakeNoSense() {
        leader.put(99, 32);
        leader.put(StartFeedDecoder.TEMPLATE_ID, 8);
        leader.put(StartFeedDecoder.TEMPLATE_ID, StartFeedDecoder.BLOCK_LENGTH);
        leader.put(1, 16);
        leader.startFeed(2, 0);

        assertEquals(1, cycle().size());
        assertEquals(4, leader.errors.size());
        leader.errors.forEach(error -> assertInstanceOf(IllegalArgumentException.class, error));
    }
}
