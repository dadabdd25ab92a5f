package io.epona.systemtests.cell;

/**
 * A client's connection to one life of a node: requests and answers keep their order. Once closed nothing that comes
 * back on it is heard, but what was sent may still arrive. One thread.
 */
final class Connection {
    private static final Life CLIENT = new Life() {
        @Override
        public boolean isOver() {
            return false;
        }

        @Override
        public long pausedUntilNs() {
            return 0;
        }
    };

    final Broker broker;
    private final World world;
    private long lastArrivalNs;
    private long lastReturnNs;
    private boolean isClosed;

    Connection(final World world, final Broker broker) {
        this.world = world;
        this.broker = broker;
    }

    /** Finds the leader by asking any node for it, which may be wrong. */
    static Connection open(final World world, final Brokers brokers) {
        final java.util.List<Broker> running = brokers.running();
        if (running.isEmpty()) {
            return null;
        }
        final Broker asked = world.chance().oneOf(running);
        final Broker leader = asked.leaderHint() < 0 ? null : brokers.broker(asked.leaderHint());
        return null == leader ? null : new Connection(world, leader);
    }

    boolean isClosed() {
        return isClosed || broker.life().isOver();
    }

    void close() {
        isClosed = true;
    }

    /** The request arrives, unless the node's life is over by then. */
    void send(final Runnable request) {
        lastArrivalNs = later(lastArrivalNs);
        world.timeline().after(lastArrivalNs - world.timeline().nowNs(), broker.life(), request);
    }

    /** The answer arrives, unless the connection is closed or its node died meanwhile. */
    void answer(final Runnable answer) {
        lastReturnNs = later(lastReturnNs);
        world.timeline().after(lastReturnNs - world.timeline().nowNs(), CLIENT, () -> {
            if (!isClosed()) {
                answer.run();
            }
        });
    }

    private long later(final long lastNs) {
        return Math.max(lastNs + 1, world.timeline().nowNs() + world.chance().between(20_000L, 500_000L));
    }
}
