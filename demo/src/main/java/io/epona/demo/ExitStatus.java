package io.epona.demo;

/** What the demo's process ends with. */
public final class ExitStatus {
    /** Every record came exactly once and in order, within the budget. */
    public static final int KEPT = 0;

    /** A record was lost, duplicated, reordered or altered, or the producer gave one up. */
    public static final int INEXACT = 1;

    /** Bad options or input. */
    public static final int USAGE = 2;

    /** Every record came exactly once and in order, but at least one took longer than the budget. */
    public static final int OVER_BUDGET = 3;

    /** There is no verdict: the node did not start, ended, or could not be reached. */
    public static final int NO_VERDICT = 4;

    private ExitStatus() {}
}
