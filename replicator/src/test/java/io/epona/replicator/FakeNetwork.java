package io.epona.replicator;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Streams between nodes in memory, by one thread and one seed: each keeps its order and has a window; between streams
 * anything may overtake anything; messages are lost when a node is away, and singly where asked for. With multicast the
 * fastest receiver's window counts, and what does not fit into another's is lost to that one.
 */
final class FakeNetwork {
    static final int MAX_MESSAGE_LENGTH = 2_048;
    static final int MULTICAST_KEY = 4_711;
    private static final int MULTICAST_STREAM_ID = 3_000;
    private static final int WINDOW_LENGTH = 8 * 1024;

    private record Stream(int fromNode, int toNode, int streamId) implements Comparable<Stream> {
        @Override
        public int compareTo(final Stream other) {
            final int byTo = Integer.compare(toNode, other.toNode);
            final int byFrom = Integer.compare(fromNode, other.fromNode);
            return byTo != 0 ? byTo : byFrom != 0 ? byFrom : Integer.compare(streamId, other.streamId);
        }
    }

    private final Random random;
    private final Map<Stream, Deque<byte[]>> streams = new TreeMap<>();
    private final Map<Integer, Boolean> isAway = new HashMap<>();
    private final Set<Integer> nodeIds = new TreeSet<>();
    private final Set<Integer> deafIds = new TreeSet<>();
    private final boolean hasMulticast;
    private int lossPercent;
    private int windowLength = WINDOW_LENGTH;

    FakeNetwork(final Random random, final boolean hasMulticast) {
        this.random = random;
        this.hasMulticast = hasMulticast;
    }

    /** The node does not hear what is sent to all. */
    void deaf(final int nodeId, final boolean isNow) {
        if (isNow) {
            deafIds.add(nodeId);
        } else {
            deafIds.remove(nodeId);
        }
    }

    /** Each message is lost with this probability. */
    void lossPercent(final int percent) {
        lossPercent = percent;
    }

    /** Windows are never full, so that nobody is left behind by what is sent to all. */
    void hasEndlessWindows() {
        windowLength = Integer.MAX_VALUE;
    }

    /** Nobody hears the node, it hears nobody, and all that is on its way to it or from it is lost. */
    void away(final int nodeId, final boolean isNow) {
        isAway.put(nodeId, isNow);
        if (isNow) {
            streams.forEach((stream, messages) -> {
                if (stream.fromNode == nodeId || stream.toNode == nodeId) {
                    messages.clear();
                }
            });
        }
    }

    boolean isAway(final int nodeId) {
        return isAway.getOrDefault(nodeId, false);
    }

    /** Puts a message of the test's making into a stream. */
    void inject(final int fromNode, final int toNode, final byte[] message) {
        stream(fromNode, toNode, 0).add(message);
    }

    private Deque<byte[]> stream(final int fromNode, final int toNode, final int streamId) {
        return streams.computeIfAbsent(new Stream(fromNode, toNode, streamId), key -> new ArrayDeque<>());
    }

    PeerTransport transport(final int nodeId) {
        return new Transport(nodeId);
    }

    private final class Transport implements PeerTransport {
        private final int nodeId;

        Transport(final int nodeId) {
            this.nodeId = nodeId;
            nodeIds.add(nodeId);
        }

        private Offer offer(
                final int toNode,
                final int streamId,
                final DirectBuffer header,
                final int headerOffset,
                final int headerLength,
                final DirectBuffer body,
                final int bodyOffset,
                final int bodyLength) {
            if (headerLength + bodyLength > MAX_MESSAGE_LENGTH) {
                return Offer.TOO_LONG;
            }
            if (isAway(toNode) || isAway(nodeId)) {
                return Offer.NOT_CONNECTED;
            }
            final Deque<byte[]> messages = stream(nodeId, toNode, streamId);
            if (isFull(messages, headerLength + bodyLength)) {
                return Offer.BACK_PRESSURED;
            }
            final byte[] message = new byte[headerLength + bodyLength];
            header.getBytes(headerOffset, message, 0, headerLength);
            body.getBytes(bodyOffset, message, headerLength, bodyLength);
            if (random.nextInt(100) >= lossPercent) {
                messages.add(message);
            }
            return Offer.SENT;
        }

        private boolean isFull(final Deque<byte[]> messages, final int length) {
            return messages.stream().mapToInt(message -> message.length).sum() > windowLength - length;
        }

        @Override
        public int multicastKey() {
            return hasMulticast ? MULTICAST_KEY : NO_MULTICAST;
        }

        @Override
        public Offer offerMulticast(
                final int laneId,
                final DirectBuffer header,
                final int headerLength,
                final DirectBuffer frames,
                final int framesOffset,
                final int framesLength) {
            Offer best = Offer.NOT_CONNECTED;
            for (final int toNode : nodeIds) {
                if (toNode == nodeId || deafIds.contains(toNode)) {
                    continue;
                }
                final Offer offer = offer(
                        toNode,
                        MULTICAST_STREAM_ID + laneId,
                        header,
                        0,
                        headerLength,
                        frames,
                        framesOffset,
                        framesLength);
                best = offer.compareTo(best) < 0 ? offer : best;
            }
            return best;
        }

        @Override
        public void releaseMulticast(final int laneId) {
            // Nothing is held.
        }

        @Override
        public Offer offerControl(final int toNode, final DirectBuffer buffer, final int offset, final int length) {
            return offer(toNode, 0, buffer, offset, length, buffer, 0, 0);
        }

        @Override
        public Offer offerLive(
                final int toNode,
                final int laneId,
                final DirectBuffer header,
                final int headerLength,
                final DirectBuffer frames,
                final int framesOffset,
                final int framesLength) {
            return offer(toNode, 1000 + laneId, header, 0, headerLength, frames, framesOffset, framesLength);
        }

        @Override
        public Offer offerCatchUp(
                final int toNode,
                final int laneId,
                final DirectBuffer header,
                final int headerLength,
                final DirectBuffer frames,
                final int framesOffset,
                final int framesLength) {
            return offer(toNode, 2000 + laneId, header, 0, headerLength, frames, framesOffset, framesLength);
        }

        @Override
        public void releaseLive(final int toNode, final int laneId) {
            // Nothing is held.
        }

        @Override
        public void releaseUnused() {
            // Nothing is held.
        }

        @Override
        public void flush() {
            // What was offered is on its way.
        }

        @Override
        public int poll(final MessageHandler handler, final int messageLimit) {
            int messageCount = 0;
            for (final Map.Entry<Stream, Deque<byte[]>> entry : streams.entrySet()) {
                if (entry.getKey().toNode != nodeId || random.nextInt(3) == 0) {
                    continue;
                }
                final Deque<byte[]> messages = entry.getValue();
                for (int i = random.nextInt(4); i > 0 && !messages.isEmpty(); i--) {
                    final byte[] message = messages.peek();
                    if (!handler.onMessage(new UnsafeBuffer(message), 0, message.length)) {
                        break;
                    }
                    messages.remove();
                    messageCount++;
                }
            }
            return messageCount;
        }

        @Override
        public int maxMessageLength() {
            return MAX_MESSAGE_LENGTH;
        }

        @Override
        public boolean isConnected(final int toNode) {
            return !isAway(toNode);
        }

        @Override
        public void close() {
            // Nothing is held.
        }
    }
}
