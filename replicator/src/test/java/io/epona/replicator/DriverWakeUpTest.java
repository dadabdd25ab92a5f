package io.epona.replicator;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.replicator.driver.MediaDriverConfig;
import io.epona.runtime.AgentThread;
import io.epona.runtime.IdleStrategies;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** Readers park for longer than the test may take: it ends only because each message wakes them. */
class DriverWakeUpTest {
    private static final int ROUNDS = 500;
    private static final IdleStrategies.Settings SETTINGS =
            new IdleStrategies.Settings(10, 0, 1, TimeUnit.MINUTES.toNanos(5));

    /** Returns each message to the other node, one higher. */
    private static final class Player implements Agent {
        private final UnsafeBuffer message = new UnsafeBuffer(new byte[40]);
        private final AtomicLong highest = new AtomicLong();
        private final int toNode;
        private TestPeer peer;

        Player(final int toNode) {
            this.toNode = toNode;
        }

        @Override
        public int doWork() {
            final int received = peer.transport.poll(
                    (buffer, offset, length) -> {
                        send(buffer.getLong(offset) + 1);
                        return true;
                    },
                    64);
            peer.transport.flush();
            return received;
        }

        void send(final long value) {
            highest.setRelease(value);
            message.putLong(0, value);
            peer.transport.offerLive(toNode, 0, message, 40, message, 0, 0);
        }

        @Override
        public String roleName() {
            return "player-of-" + toNode;
        }
    }

    @Test
    void shouldWakeParkedReadersWhenOnlyTheDriverGotData() {
        final Map<Integer, String> endpoints = TestPeer.endpoints(1, 2);
        final Player first = new Player(2);
        final Player second = new Player(1);
        final IdleStrategies.Waiting waitingOne = IdleStrategies.byName("signalled", SETTINGS);
        final IdleStrategies.Waiting waitingTwo = IdleStrategies.byName("signalled", SETTINGS);
        try (TestPeer one = TestPeer.start(1, endpoints, MediaDriverConfig.EVENT, waitingOne.signal());
                TestPeer two = TestPeer.start(2, endpoints, MediaDriverConfig.EVENT, waitingTwo.signal())) {
            first.peer = one;
            second.peer = two;
            connect(one, two, 2);
            connect(two, one, 1);
            try (AgentThread threadTwo = start(second, waitingTwo, two)) {
                first.send(0);
                one.transport.flush();
                try (AgentThread threadOne = start(first, waitingOne, one)) {
                    Deadline.await("rounds", () -> first.highest.getAcquire() >= ROUNDS);
                    assertTrue(threadOne.isAlive() && threadTwo.isAlive());
                }
            }
            assertTrue(one.errors.isEmpty() && two.errors.isEmpty());
        }
    }

    /** Opens the stream of the game, and takes out of it what that needed. */
    private static void connect(final TestPeer from, final TestPeer to, final int toNode) {
        final UnsafeBuffer message = new UnsafeBuffer(new byte[40]);
        Deadline.await("stream", () -> Offer.SENT == from.transport.offerLive(toNode, 0, message, 40, message, 0, 0));
        from.transport.flush();
        Deadline.await("message", () -> to.transport.poll((buffer, offset, length) -> true, 64) > 0);
    }

    private static AgentThread start(final Player player, final IdleStrategies.Waiting waiting, final TestPeer peer) {
        return AgentThread.start(
                player, AgentThread.Context.of(waiting, peer.errors::add, (role, reason) -> peer.errors.add(reason)));
    }
}
