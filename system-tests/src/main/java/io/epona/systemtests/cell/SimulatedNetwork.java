package io.epona.systemtests.cell;

import java.util.function.Consumer;

/**
 * The network between the nodes of a cell. Each ordered pair of nodes has a link: it may be cut, alone or with its
 * opposite; it delays, loses, repeats and re-orders messages. Messages on the way when a link is cut arrive or not, as
 * chance has it; some copies arrive very late. One thread.
 *
 * <p>Aeron repairs loss and order while a connection lasts, so most seeds have none; the receiving side must bear them
 * all the same.
 */
final class SimulatedNetwork {
    /** How bad it is. */
    static final class Quality {
        long leastDelayNs = 20_000;
        long mostDelayNs = 400_000;
        int lostPerMille;
        int repeatedPerMille;
        int latePerMille;
        boolean keepsOrder = true;
    }

    private static final long LEAST_ECHO_NS = 200_000_000;
    private static final long MOST_ECHO_NS = 1_200_000_000;

    private final Timeline timeline;
    private final Chance chance;
    private final Trace trace;
    private final Quality quality = new Quality();
    private final boolean[][] isCut;
    private final boolean[][] isEchoing;
    private final long[][] lastArrivalNs;
    private long sentCount;

    SimulatedNetwork(final Timeline timeline, final Chance chance, final Trace trace, final int nodeLimit) {
        this.timeline = timeline;
        this.chance = chance;
        this.trace = trace;
        this.isCut = new boolean[nodeLimit][nodeLimit];
        this.isEchoing = new boolean[nodeLimit][nodeLimit];
        this.lastArrivalNs = new long[nodeLimit][nodeLimit];
    }

    Quality quality() {
        return quality;
    }

    long sentCount() {
        return sentCount;
    }

    /** Whether messages from one node reach the other. */
    boolean isConnected(final int from, final int to) {
        return !isCut[from][to];
    }

    void cut(final int from, final int to) {
        trace.note(-1, "link cut: ", from, " -> ", to);
        isCut[from][to] = true;
    }

    void mend(final int from, final int to) {
        isCut[from][to] = false;
    }

    /** From now on a copy of each message comes a second time, when elections may have happened meanwhile. */
    void echo(final int from, final int to, final boolean isOn) {
        isEchoing[from][to] = isOn;
    }

    /** All links work, and work well. */
    void heal() {
        heal(true);
    }

    /** Links work well; those that are cut stay so unless they are mended, too. */
    void heal(final boolean mendsLinks) {
        if (mendsLinks) {
            for (int from = 0; from < isCut.length; from++) {
                java.util.Arrays.fill(isCut[from], false);
                java.util.Arrays.fill(isEchoing[from], false);
            }
        }
        quality.mostDelayNs = 400_000;
        quality.lostPerMille = 0;
        quality.repeatedPerMille = 0;
        quality.latePerMille = 0;
        quality.keepsOrder = true;
    }

    /**
     * Sends a message.
     *
     * @param message not to be changed any more.
     * @param receiver gets it when it arrives, at whatever is the receiving node then; maybe never, maybe twice.
     */
    void send(final int from, final int to, final byte[] message, final Consumer<byte[]> receiver) {
        sentCount++;
        if (isCut[from][to] || chance.perMille(quality.lostPerMille)) {
            return;
        }
        deliver(from, to, message, receiver);
        if (chance.perMille(quality.repeatedPerMille)) {
            deliver(from, to, message, receiver);
        }
        if (isEchoing[from][to]) {
            timeline.after(chance.between(LEAST_ECHO_NS, MOST_ECHO_NS), () -> arrive(from, to, message, receiver));
        }
        if (chance.perMille(quality.latePerMille)) {
            timeline.after(chance.spreadNs(10_000_000, 2_000_000_000L), () -> arrive(from, to, message, receiver));
        }
    }

    private void deliver(final int from, final int to, final byte[] message, final Consumer<byte[]> receiver) {
        long arrivalNs = timeline.nowNs() + chance.between(quality.leastDelayNs, quality.mostDelayNs);
        if (quality.keepsOrder) {
            arrivalNs = Math.max(arrivalNs, lastArrivalNs[from][to] + 1);
            lastArrivalNs[from][to] = arrivalNs;
        }
        timeline.after(arrivalNs - timeline.nowNs(), () -> arrive(from, to, message, receiver));
    }

    private void arrive(final int from, final int to, final byte[] message, final Consumer<byte[]> receiver) {
        if (!isCut[from][to] || chance.oneIn(4)) {
            receiver.accept(message);
        }
    }
}
