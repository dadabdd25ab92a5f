package io.epona.sequencer;

import java.util.concurrent.TimeUnit;

/**
 * Times by which a lane judges other replicas; none of them decides about the safety of data.
 *
 * @param maxLagNs a follower that is behind by more than this, or silent for longer, is left out of the in-sync
 *     replicas.
 * @param proposalRetryNs how long an in-sync proposal stays unanswered before it is made again.
 * @param followRetryNs how long a follower waits for an answer before it asks again.
 * @param silenceNs how long a follower hears nothing from the leader, heartbeats included, before it asks anew.
 * @param journalStallNs how long the own journal stands still before a leader resigns.
 */
public record ReplicationLimits(
        long maxLagNs, long proposalRetryNs, long followRetryNs, long silenceNs, long journalStallNs) {
    private static final long DEFAULT_JOURNAL_STALL_MS = 2_000;

    /** For few cores, where threads wait for each other. */
    public static final ReplicationLimits SHARED = ofMaxLagMs(500);

    /** For threads with cores of their own. */
    public static final ReplicationLimits DEDICATED = ofMaxLagMs(100);

    /** Checks the bounds. */
    public ReplicationLimits {
        if (maxLagNs <= 0 || proposalRetryNs <= 0 || followRetryNs <= 0 || silenceNs <= 0 || journalStallNs <= 0) {
            throw new IllegalArgumentException("times must be above 0: maxLagNs=" + maxLagNs + ", proposalRetryNs="
                    + proposalRetryNs + ", followRetryNs=" + followRetryNs + ", silenceNs=" + silenceNs
                    + ", journalStallNs=" + journalStallNs);
        }
    }

    /** Defaults for everything but the lag. */
    public static ReplicationLimits ofMaxLagMs(final long maxLagMs) {
        return of(maxLagMs, DEFAULT_JOURNAL_STALL_MS);
    }

    /** Defaults for everything but the lag and the stall of the own journal. */
    public static ReplicationLimits of(final long maxLagMs, final long journalStallMs) {
        return new ReplicationLimits(
                TimeUnit.MILLISECONDS.toNanos(maxLagMs),
                TimeUnit.MILLISECONDS.toNanos(500),
                TimeUnit.MILLISECONDS.toNanos(100),
                TimeUnit.MILLISECONDS.toNanos(Math.max(500, maxLagMs)),
                TimeUnit.MILLISECONDS.toNanos(journalStallMs));
    }
}
