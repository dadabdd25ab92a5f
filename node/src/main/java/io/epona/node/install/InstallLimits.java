package io.epona.node.install;

/** The bounds of installations, each with its reason. */
final class InstallLimits {
    /** Connections at a time: each node installs one lane at a time, so more than one a node are left-overs. */
    static final int MAX_CONNECTIONS = 8;

    /** A side that says nothing for so long is gone: the longest answer is a checkpoint, which may wait for a drain. */
    static final int SILENCE_MS = 60_000;

    /** A node that cannot be reached is tried again. */
    static final int CONNECT_TIMEOUT_MS = 5_000;

    /** A server that has not begun to take connections for longer is not there. */
    static final int BACKLOG = 16;

    /** Bytes asked for at a time; one batch may be longer. */
    static final int CHUNK_LENGTH = 1024 * 1024;

    /** No answer is longer: a checkpoint of a million producers, or the longest batch that a topic can allow. */
    static final int MAX_BODY_LENGTH = 1024 * 1024 * 1024;

    /** Enough for the first batch's header and more: what is looked at to tell whether two logs are the same. */
    static final int LOOK_LENGTH = 64 * 1024;

    /** What is written and not flushed, at most: more would stall the journals of other lanes on the same device. */
    static final long MAX_UNFLUSHED_LENGTH = 32L * 1024 * 1024;

    /** Logs that are open because they are not flushed, at most; many are flushed together. */
    static final int MAX_UNFLUSHED_LOGS = 1_024;

    /** A checkpoint has to be made by the background thread, which may be busy with others. */
    static final long CHECKPOINT_TIMEOUT_MS = 10_000;

    /** What the checkpoint has must be drained, which others may keep from its turn. */
    static final long DRAIN_TIMEOUT_MS = 30_000;

    /** How often somebody who waits looks again. */
    static final long POLL_MS = 20;

    /** Between two looks whether a lane has to be installed. */
    static final long IDLE_POLL_MS = 200;

    /** After an interruption. */
    static final long RETRY_MS = 500;

    /** So that lanes that are found too old one after the other are installed together. */
    static final long GATHER_MS = 1_000;

    /** Lanes that are ready wait for the others of the node no longer than this: then it starts anew with these. */
    static final long MAX_WAIT_MS = 60_000;

    /** A last round of all lanes that took longer is made once more: the first lane's checkpoint is old by its end. */
    static final long MAX_LAST_PASS_MS = 30_000;

    /** Progress is told so often. */
    static final long REPORT_MS = 10_000;

    /**
     * As much of the journal as was written during the last round must be left this many times, before the node starts
     * anew: the start takes longer than the last round may have.
     */
    static final int ROOM_FACTOR = 3;

    /** After a start in vain, the node starts anew for a lane again no earlier than that after it has started. */
    static final long FIRST_REST_MS = 15_000;

    /** Each start in vain doubles the rest before the next one, up to this. */
    static final long MAX_REST_MS = 15 * 60_000;

    /** A lane that was not found too old for so long after a start does follow. */
    static final long FOLLOWS_MS = 30_000;

    private InstallLimits() {}

    /**
     * How long a node runs at least before it starts anew: each start interrupts all its lanes.
     *
     * @param tries starts in vain so far
     */
    static long restMs(final int tries) {
        return tries == 0 ? 0 : Math.min(MAX_REST_MS, FIRST_REST_MS << Math.min(tries - 1, Integer.SIZE));
    }
}
