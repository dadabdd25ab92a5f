package io.epona.sequencer;

/**
 * When a checkpoint is stored.
 *
 * @param intervalLength log bytes after which one is stored under load. What the journal holds must be several times
 *     that, or the lane waits for checkpoints; see {@link #check}.
 * @param idleNs how long nothing must have changed before what did change is stored.
 */
public record CheckpointConfig(long intervalLength, long idleNs) {
    /** Parts of a journal's capacity between two checkpoints: one being filled while another one is stored. */
    public static final int MIN_INTERVALS_PER_JOURNAL = 4;

    /** Checks the bounds. */
    public CheckpointConfig {
        if (intervalLength < 1 || idleNs < 0) {
            throw new IllegalArgumentException(
                    "checkpoint bounds: intervalLength=" + intervalLength + ", idleNs=" + idleNs);
        }
    }

    /**
     * Checks the interval against the journal.
     *
     * @param journalCapacity bytes of frames that the journal holds.
     * @throws IllegalArgumentException when checkpoints would come too late.
     */
    public void check(final long journalCapacity) {
        if (intervalLength > journalCapacity / MIN_INTERVALS_PER_JOURNAL) {
            throw new IllegalArgumentException("checkpoints are too far apart for the journal: intervalLength="
                    + intervalLength + ", at most=" + journalCapacity / MIN_INTERVALS_PER_JOURNAL);
        }
    }
}
