package io.epona.replicator;

/**
 * What a follower last said about hearing its leader's multicast stream. Written by the receiving thread, read by the
 * sending thread; wait-free.
 */
final class HearingReport {
    private static final int NOT_AT_ALL = 0;

    private volatile int heardEpoch = NOT_AT_ALL;

    /**
     * It acknowledged.
     *
     * @param leaderEpoch that it follows, above 0.
     * @param hears true when the stream brings all that follows what it has.
     */
    void onAck(final int leaderEpoch, final boolean hears) {
        final int epoch = hears ? leaderEpoch : NOT_AT_ALL;
        if (epoch != heardEpoch) {
            heardEpoch = epoch;
        }
    }

    boolean hears(final int leaderEpoch) {
        return leaderEpoch == heardEpoch;
    }
}
