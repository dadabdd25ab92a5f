package io.epona.replicator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.replicator.driver.MediaDriverConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AeronPeerTransportTest {
    private static final int POLL_LIMIT = 64;

    private final UnsafeBuffer header = new UnsafeBuffer(new byte[40]);
    private final UnsafeBuffer body = new UnsafeBuffer(new byte[TestPeer.TERM_LENGTH]);

    /** Collects the first long of each message; of the longest also the last byte. Streams overtake each other. */
    private static final class Collector implements PeerTransport.MessageHandler {
        final List<Long> values = new ArrayList<>();
        long longestLength;
        long lastByte;

        @Override
        public boolean onMessage(final DirectBuffer buffer, final int offset, final int length) {
            values.add(buffer.getLong(offset));
            if (length >= longestLength) {
                longestLength = length;
                lastByte = buffer.getByte(offset + length - 1);
            }
            return true;
        }
    }

    private Offer control(final TestPeer from, final int toNode, final long value) {
        header.putLong(0, value);
        final Offer offer = from.transport.offerControl(toNode, header, 0, header.capacity());
        from.transport.flush();
        return offer;
    }

    private Offer live(final TestPeer from, final int toNode, final int laneId, final long value, final int length) {
        header.putLong(0, value);
        final Offer offer = from.transport.offerLive(toNode, laneId, header, header.capacity(), body, 0, length);
        from.transport.flush();
        return offer;
    }

    @ParameterizedTest
    @ValueSource(strings = {MediaDriverConfig.EVENT, MediaDriverConfig.BACKOFF})
    void shouldCarryMessagesOfAllStreamsWhenThreeNodesRun(final String idle) {
        final Map<Integer, String> endpoints = TestPeer.endpoints(1, 2, 3);
        try (TestPeer one = TestPeer.start(1, endpoints, idle, () -> {});
                TestPeer two = TestPeer.start(2, endpoints, idle, () -> {});
                TestPeer three = TestPeer.start(3, endpoints, idle, () -> {})) {
            for (final TestPeer peer : List.of(two, three)) {
                final int nodeId = peer == two ? 2 : 3;
                final Collector collector = new Collector();
                final int longest = one.transport.maxMessageLength() - header.capacity();
                body.putByte(longest - 1, (byte) nodeId);

                Deadline.await("control", () -> Offer.SENT == control(one, nodeId, 10));
                Deadline.await("live", () -> Offer.SENT == live(one, nodeId, 0, 20, longest));
                Deadline.await("live, other lane", () -> Offer.SENT == live(one, nodeId, 1, 30, 0));
                header.putLong(0, 40);
                Deadline.await(
                        "catch-up",
                        () -> Offer.SENT
                                == one.transport.offerCatchUp(nodeId, 1, header, header.capacity(), body, 0, longest));
                Deadline.await("all received", () -> {
                    peer.transport.poll(collector, POLL_LIMIT);
                    return collector.values.size() == 4;
                });

                assertEquals(
                        List.of(10L, 20L, 30L, 40L),
                        collector.values.stream().sorted().toList());
                assertEquals(one.transport.maxMessageLength(), collector.longestLength);
                assertEquals(nodeId, collector.lastByte);
                assertTrue(one.transport.isConnected(nodeId));
            }
            assertEquals(List.of(), List.copyOf(one.errors));
        }
    }

    @Test
    void shouldKeepSendingToOthersWhenOneNodeTakesNothing() {
        final Map<Integer, String> endpoints = TestPeer.endpoints(1, 2, 3);
        try (TestPeer one = TestPeer.start(1, endpoints);
                TestPeer blocked = TestPeer.start(2, endpoints);
                TestPeer three = TestPeer.start(3, endpoints)) {
            final Collector collector = new Collector();
            final int length = 64 * 1024;
            Deadline.await("first of the blocked", () -> Offer.SENT == live(one, 2, 0, 0, length));
            int takenByBlocked = 1;
            for (int i = 0; i < 500; i++) {
                final long value = i;
                takenByBlocked += Offer.SENT == live(one, 2, 0, 0, length) ? 1 : 0;
                Deadline.await("message " + i, () -> {
                    three.transport.poll(collector, POLL_LIMIT);
                    blocked.transport.poll((buffer, offset, messageLength) -> false, POLL_LIMIT);
                    return Offer.SENT == live(one, 3, 0, value, length);
                });
            }
            Deadline.await("all received", () -> {
                three.transport.poll(collector, POLL_LIMIT);
                return collector.values.size() == 500;
            });

            assertTrue(takenByBlocked * length <= 4 * TestPeer.TERM_LENGTH, "no more than the stream's buffers");
            final Collector late = new Collector();
            Deadline.await("the blocked one goes on", () -> {
                blocked.transport.poll(late, POLL_LIMIT);
                return Offer.SENT == live(one, 2, 0, 1, length);
            });
            Deadline.await("it has the last one", () -> {
                blocked.transport.poll(late, POLL_LIMIT);
                return late.values.getLast() == 1;
            });
        }
    }

    @Test
    void shouldRefuseMessagesWhenTheyAreTooLong() {
        final Map<Integer, String> endpoints = TestPeer.endpoints(1, 2);
        try (TestPeer one = TestPeer.start(1, endpoints)) {
            assertEquals(Offer.TOO_LONG, live(one, 2, 0, 0, one.transport.maxMessageLength()));
            assertEquals(Offer.NOT_CONNECTED, live(one, 2, 0, 0, 100));
            assertFalse(one.transport.isConnected(2));
        }
    }

    @Test
    void shouldOpenCatchUpStreamsAgainWhenTheyWereReleased() {
        final Map<Integer, String> endpoints = TestPeer.endpoints(1, 2);
        try (TestPeer one = TestPeer.start(1, endpoints);
                TestPeer two = TestPeer.start(2, endpoints)) {
            final AeronTransportConfig config = new AeronTransportConfig(
                    1, endpoints, List.of(0, 1), TestPeer.MTU_LENGTH, TestPeer.TERM_LENGTH, 1, Optional.empty());
            final Collector collector = new Collector();
            try (AeronPeerTransport transport = new AeronPeerTransport(
                    config,
                    new AeronPeerTransport.Context(one.aeron, one.driver.link(), one.errors::add, System::nanoTime))) {
                for (int round = 1; round <= 2; round++) {
                    final int messages = round;
                    Deadline.await(
                            "sent",
                            () -> Offer.SENT == transport.offerCatchUp(2, 0, header, header.capacity(), body, 0, 8));
                    Deadline.await("received", () -> {
                        two.transport.poll(collector, POLL_LIMIT);
                        return collector.values.size() == messages;
                    });
                    transport.releaseUnused();
                    assertEquals(
                            Offer.NOT_CONNECTED, transport.offerCatchUp(2, 0, header, header.capacity(), body, 0, 8));
                }
            }
            assertEquals(List.of(), List.copyOf(one.errors));
        }
    }

    @Test
    void shouldRemoveTheDriversDirectoryWhenClosed() {
        final Map<Integer, String> endpoints = new HashMap<>(TestPeer.endpoints(1));
        final Path directory;
        try (TestPeer one = TestPeer.start(1, endpoints)) {
            directory = Path.of(one.driver.directoryName());
            assertTrue(Files.exists(directory));
        }
        assertFalse(Files.exists(directory));
    }
}
