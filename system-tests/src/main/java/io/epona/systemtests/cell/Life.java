package io.epona.systemtests.cell;

/** Whose events are dropped when it is over and deferred while it is stopped: one life of a node. */
interface Life {
    /** True when it is over: nothing that was planned for it happens any more. */
    boolean isOver();

    /** Nothing happens to it before this time. */
    long pausedUntilNs();
}
