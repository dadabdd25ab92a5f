package io.epona.sequencer.testing;

/**
 * A rule of replication that a lane leaves out, as systems before it did. A simulation plants one to see that it
 * notices; a node has none.
 */
public enum ReplicationFault {
    /** A follower cuts to its own committed position instead of asking where the logs part (KIP-101). */
    CUT_TO_OWN_COMMITTED,

    /** A leader answers for an epoch that it never had: compares epochs alone, not (epoch, end) pairs (KIP-279). */
    TRUST_SINGLE_EPOCH,

    /** A leader re-admits a follower by what it knew of it before, and without all that is committed (KAFKA-7128). */
    READMIT_WITH_STALE_STATE,

    /** A leader counts acknowledgements of other leader epochs and incarnations. */
    COUNT_ACKS_OF_ANOTHER_EPOCH,

    /** {@code committed} follows the acknowledgements back, too. */
    LET_COMMITTED_GO_BACK,

    /** A new leader exposes its predecessor's frames before its own epoch start is committed (KAFKA-12619). */
    EXPOSE_BEFORE_EPOCH_START,

    /** A follower takes a durable position of before a cut for one of after it. */
    IGNORE_TRUNCATION_GENERATION,

    /** A leader stops waiting for a slow follower before the controller has committed the smaller in-sync set. */
    SHRINK_BEFORE_CONTROLLER,

    /** A joining follower counts only when the controller's answer has come, not from the proposal on. */
    COUNT_JOINING_TOO_LATE,

    /** Committed is what this node's own journal has, whatever others have. */
    COMMIT_WITHOUT_FOLLOWERS,

    /** Committed is what the lane has appended, whatever any journal has. */
    COMMIT_BEFORE_DURABLE
}
