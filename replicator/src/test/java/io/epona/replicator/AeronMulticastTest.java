package io.epona.replicator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.aeron.AeronCounters;
import io.aeron.driver.status.StreamCounter;
import io.epona.replicator.driver.MediaDriverConfig;
import io.epona.runtime.Signal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** One stream to all followers over Aeron, on the loopback interface. */
class AeronMulticastTest {
    private static final int POLL_LIMIT = 64;
    private static final int LENGTH = 64 * 1024;

    private final UnsafeBuffer header = new UnsafeBuffer(new byte[40]);
    private final UnsafeBuffer body = new UnsafeBuffer(new byte[TestPeer.TERM_LENGTH]);
    private final Map<Integer, String> endpoints = TestPeer.endpoints(1, 2, 3);
    private final MulticastGroup group = TestPeer.group();

    private TestPeer start(final int nodeId) {
        return TestPeer.start(nodeId, endpoints, group, MediaDriverConfig.EVENT, Signal.NONE);
    }

    private Offer offer(final TestPeer from, final long value, final int length) {
        header.putLong(0, value);
        final Offer offer = from.transport.offerMulticast(0, header, header.capacity(), body, 0, length);
        from.transport.flush();
        return offer;
    }

    private static PeerTransport.MessageHandler into(final List<Long> values) {
        return (buffer, offset, length) -> {
            values.add(buffer.getLong(offset));
            return true;
        };
    }

    @Test
    void shouldReachAllButTheSenderWhenItIsSentOnce() {
        try (TestPeer one = start(1);
                TestPeer two = start(2);
                TestPeer three = start(3)) {
            final List<Long> ofOne = new ArrayList<>();
            final List<Long> ofTwo = new ArrayList<>();
            final List<Long> ofThree = new ArrayList<>();
            final long[] value = {0};
            Deadline.await("both hear it", () -> {
                one.transport.poll(into(ofOne), POLL_LIMIT);
                two.transport.poll(into(ofTwo), POLL_LIMIT);
                three.transport.poll(into(ofThree), POLL_LIMIT);
                value[0] += Offer.SENT == offer(one, value[0], 100) ? 1 : 0;
                return !ofTwo.isEmpty() && !ofThree.isEmpty();
            });
            final long last = value[0];
            // Said again and again, as leaders do: who has to begin to listen anew misses what was said before.
            Deadline.await("both hear what is sent now", () -> {
                offer(one, last, 100);
                one.transport.poll(into(ofOne), POLL_LIMIT);
                two.transport.poll(into(ofTwo), POLL_LIMIT);
                three.transport.poll(into(ofThree), POLL_LIMIT);
                return ofTwo.getLast() == last && ofThree.getLast() == last;
            });

            assertEquals(List.of(), ofOne);
            assertEquals(List.of(), List.copyOf(one.errors));
            assertEquals(List.of(), List.copyOf(two.errors));
        }
    }

    @Test
    void shouldWaitForNobodyWhoIsSlowAndBeHeardByItAgain() {
        try (TestPeer one = start(1);
                TestPeer two = start(2);
                TestPeer slow = start(3)) {
            final List<Long> ofTwo = new ArrayList<>();
            final List<Long> ofSlow = new ArrayList<>();
            Deadline.await("both hear it", () -> {
                two.transport.poll(into(ofTwo), POLL_LIMIT);
                slow.transport.poll(into(ofSlow), POLL_LIMIT);
                offer(one, -1, 100);
                return !ofTwo.isEmpty() && !ofSlow.isEmpty();
            });
            final int count = 20 * TestPeer.TERM_LENGTH / LENGTH;
            for (int i = 0; i < count; i++) {
                final long value = i;
                Deadline.await("message " + i, () -> {
                    two.transport.poll(into(ofTwo), POLL_LIMIT);
                    return Offer.SENT == offer(one, value, LENGTH);
                });
            }
            final AtomicInteger next = new AtomicInteger(count);
            Deadline.await("the slow one hears what is sent now", () -> {
                two.transport.poll(into(ofTwo), POLL_LIMIT);
                slow.transport.poll(into(ofSlow), POLL_LIMIT);
                if (Offer.SENT == offer(one, next.get(), 100)) {
                    next.incrementAndGet();
                }
                return ofSlow.getLast() >= count && ofTwo.getLast() >= count;
            });

            assertTrue(ofSlow.size() < ofTwo.size(), "it has missed nothing");
        }
    }

    @Test
    void shouldBeUnheardWhenNobodyListens() {
        try (TestPeer one = start(1)) {
            for (int i = 0; i < 100; i++) {
                one.transport.poll((buffer, offset, length) -> true, POLL_LIMIT);
                assertEquals(Offer.NOT_CONNECTED, offer(one, i, 100));
            }
        }
    }

    private long publications(final TestPeer peer, final int streamId) {
        final long[] count = {0};
        peer.aeron.countersReader().forEach((counterId, typeId, key, label) -> {
            if (typeId == AeronCounters.DRIVER_PUBLISHER_LIMIT_TYPE_ID
                    && key.getInt(StreamCounter.STREAM_ID_OFFSET) == streamId) {
                count[0]++;
            }
        });
        return count[0];
    }

    @Test
    void shouldLeaveNoStreamOpenWhenItIsReleasedBeforeItWasOpen() {
        try (TestPeer one = start(1)) {
            assertEquals(Offer.NOT_CONNECTED, offer(one, 1, 100));
            one.transport.releaseMulticast(0);

            // The driver does things in the order in which they are asked for.
            final int laterStream = CellKey.of(endpoints).streamId(1);
            Deadline.await("a later stream is open", () -> {
                one.transport.offerMulticast(1, header, header.capacity(), body, 0, 100);
                one.transport.flush();
                return publications(one, laterStream) == 1;
            });
            final int streamId = CellKey.of(endpoints).streamId(0);
            Deadline.await("the released one is not", () -> {
                one.transport.flush();
                return publications(one, streamId) == 0;
            });
            Deadline.await("it opens again", () -> {
                offer(one, 2, 100);
                return publications(one, streamId) == 1;
            });
            assertEquals(List.of(), List.copyOf(one.errors));
        }
    }

    @Test
    void shouldNotHearAnotherCellWhenItSendsToTheSameGroup() {
        try (TestPeer one = start(1);
                TestPeer two = start(2);
                TestPeer other =
                        TestPeer.start(2, TestPeer.endpoints(1, 2, 3), group, MediaDriverConfig.EVENT, Signal.NONE)) {
            final List<Long> ofTwo = new ArrayList<>();
            final List<Long> ofOther = new ArrayList<>();
            Deadline.await("the own cell's hears it", () -> {
                offer(one, 1, 100);
                two.transport.poll(into(ofTwo), POLL_LIMIT);
                other.transport.poll(into(ofOther), POLL_LIMIT);
                return ofTwo.size() > 10;
            });
            assertEquals(List.of(), ofOther);
        }
    }
}
