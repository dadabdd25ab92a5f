package io.epona.systemtests.cell;

import io.epona.replicator.Offer;
import io.epona.replicator.PeerTransport;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.TreeMap;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A node's streams to the other nodes over the simulated network, in one life of the node. What arrives waits, each
 * stream for itself, until it is polled; a stream of which too much waits takes nothing more. Messages may be lost,
 * repeated and re-ordered by the network. Of what is sent to all at once, each receiver loses what it has no room for,
 * as long as another has; and in some lives a node hears nothing of it. One thread.
 */
final class SimulatedTransport implements PeerTransport {
    /** Finds the transport that a node has now; null while it is down. */
    interface Directory {
        SimulatedTransport transport(int nodeId);
    }

    private static final int MAX_MESSAGE_LENGTH = 1408;
    private static final int MAX_WAITING = 256;
    private static final int CONTROL = 0;
    private static final int LIVE = 1;
    private static final int CATCH_UP = 2;
    private static final int MULTICAST = 3;
    private static final int STREAM_KINDS = 4;
    private static final int MULTICAST_KEY = 1;
    private static final int LIVES_PER_DEAF_ONE = 8;
    private static final int MESSAGES_PER_LOST_ONE = 300;

    private final World world;
    private final CellPlan plan;
    private final int nodeId;
    private final boolean isDeaf;
    private final Life life;
    private final Directory directory;
    private final Runnable onArrival;
    private final TreeMap<Integer, Deque<byte[]>> inboxes = new TreeMap<>();
    private final UnsafeBuffer received = new UnsafeBuffer(0, 0);

    SimulatedTransport(
            final World world,
            final CellPlan plan,
            final int nodeId,
            final Life life,
            final Directory directory,
            final Runnable onArrival) {
        this.world = world;
        this.plan = plan;
        this.nodeId = nodeId;
        this.isDeaf = plan.hasMulticast() && world.chance().oneIn(LIVES_PER_DEAF_ONE);
        this.life = life;
        this.directory = directory;
        this.onArrival = onArrival;
    }

    @Override
    public Offer offerControl(final int toNode, final DirectBuffer buffer, final int offset, final int length) {
        final byte[] message = new byte[length];
        buffer.getBytes(offset, message);
        return offer(toNode, CONTROL, message);
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
        return offer(toNode, LIVE, join(header, headerLength, frames, framesOffset, framesLength));
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
        return offer(toNode, CATCH_UP, join(header, headerLength, frames, framesOffset, framesLength));
    }

    @Override
    public int multicastKey() {
        return plan.hasMulticast() ? MULTICAST_KEY : NO_MULTICAST;
    }

    @Override
    public Offer offerMulticast(
            final int laneId,
            final DirectBuffer header,
            final int headerLength,
            final DirectBuffer frames,
            final int framesOffset,
            final int framesLength) {
        final byte[] message = join(header, headerLength, frames, framesOffset, framesLength);
        if (message.length > MAX_MESSAGE_LENGTH) {
            return Offer.TOO_LONG;
        }
        final int stream = nodeId * STREAM_KINDS + MULTICAST;
        Offer best = Offer.NOT_CONNECTED;
        for (int toNode = 1; toNode <= plan.nodeCount(); toNode++) {
            final SimulatedTransport peer = directory.transport(toNode);
            if (null != peer && peer != this && !peer.isDeaf) {
                best = peer.isFull(stream) && best != Offer.SENT ? Offer.BACK_PRESSURED : Offer.SENT;
            }
        }
        if (Offer.SENT == best) {
            for (int toNode = 1; toNode <= plan.nodeCount(); toNode++) {
                if (toNode != nodeId && !world.chance().oneIn(MESSAGES_PER_LOST_ONE)) {
                    sendToAll(toNode, stream, message);
                }
            }
        }
        return best;
    }

    private void sendToAll(final int toNode, final int stream, final byte[] message) {
        world.network().send(nodeId, toNode, message, bytes -> {
            final SimulatedTransport receiver = directory.transport(toNode);
            if (null != receiver && !receiver.isDeaf && !receiver.isFull(stream)) {
                receiver.onArrival(stream, bytes);
            }
        });
    }

    @Override
    public void releaseMulticast(final int laneId) {
        // A stream that carries nothing costs nothing here.
    }

    private static byte[] join(
            final DirectBuffer header,
            final int headerLength,
            final DirectBuffer frames,
            final int framesOffset,
            final int framesLength) {
        final byte[] message = new byte[headerLength + framesLength];
        header.getBytes(0, message, 0, headerLength);
        frames.getBytes(framesOffset, message, headerLength, framesLength);
        return message;
    }

    private Offer offer(final int toNode, final int kind, final byte[] message) {
        if (message.length > MAX_MESSAGE_LENGTH) {
            return Offer.TOO_LONG;
        }
        final SimulatedTransport peer = directory.transport(toNode);
        if (null == peer) {
            return Offer.NOT_CONNECTED;
        }
        final int stream = nodeId * STREAM_KINDS + kind;
        if (peer.isFull(stream) || world.chance().oneIn(100)) {
            return Offer.BACK_PRESSURED;
        }
        world.network().send(nodeId, toNode, message, bytes -> {
            final SimulatedTransport receiver = directory.transport(toNode);
            if (null != receiver) {
                receiver.onArrival(stream, bytes);
            }
        });
        return Offer.SENT;
    }

    private boolean isFull(final int stream) {
        final Deque<byte[]> inbox = inboxes.get(stream);
        return null != inbox && inbox.size() >= MAX_WAITING;
    }

    private void onArrival(final int stream, final byte[] message) {
        if (!life.isOver()) {
            inboxes.computeIfAbsent(stream, key -> new ArrayDeque<>()).add(message);
            onArrival.run();
        }
    }

    @Override
    public void releaseLive(final int toNode, final int laneId) {
        // A stream that carries nothing costs nothing here.
    }

    @Override
    public void flush() {
        // Every message leaves at once.
    }

    @Override
    public int poll(final MessageHandler handler, final int messageLimit) {
        int count = 0;
        for (int kind = CONTROL; kind < STREAM_KINDS; kind++) {
            for (final var inbox : inboxes.entrySet()) {
                if (inbox.getKey() % STREAM_KINDS == kind) {
                    count += poll(inbox.getValue(), handler, messageLimit);
                }
            }
        }
        return count;
    }

    private int poll(final Deque<byte[]> inbox, final MessageHandler handler, final int messageLimit) {
        int count = 0;
        while (!inbox.isEmpty() && count < messageLimit) {
            final byte[] message = inbox.peek();
            received.wrap(message);
            if (!handler.onMessage(received, 0, message.length)) {
                break;
            }
            inbox.poll();
            count++;
        }
        return count;
    }

    @Override
    public void releaseUnused() {
        // Streams cost nothing.
    }

    @Override
    public int maxMessageLength() {
        return MAX_MESSAGE_LENGTH;
    }

    @Override
    public boolean isConnected(final int toNode) {
        return null != directory.transport(toNode);
    }

    @Override
    public void close() {
        inboxes.clear();
    }
}
