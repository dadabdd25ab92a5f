package io.epona.controller;

/** What a node's copy of a lane is worth in an election. */
public enum Standing {
    /** It stopped cleanly, never stopped, or has caught up with a leader since it last started. */
    SOUND,

    /** Its node did not stop cleanly, and it has not caught up with a leader since. */
    UNCLEAN,

    /** What it had is gone: another device, an empty one, or damage below what was committed. */
    LOST
}
