package io.epona.sequencer;

/**
 * Where a lane and whoever installs its node's copy of it agree. A replica whose log ends before the leader's journal
 * begins cannot follow: the lane says so here. The installer then has the lane held: from then on it follows nobody,
 * leads nothing and commits nothing more until the node has started anew, so that the installer alone fills the lane's
 * partition logs.
 *
 * <p>The lane's thread calls {@link #need}, {@link #isHoldDue} and {@link #acknowledge}, the installer's thread the
 * rest. Wait-free.
 */
public final class InstallGate {
    private volatile boolean isNeeded;
    private volatile boolean isHoldAsked;
    private volatile boolean isHeld;

    /** A gate of a lane that may follow. */
    public InstallGate() {
        this(false);
    }

    private InstallGate(final boolean isHeld) {
        this.isNeeded = isHeld;
        this.isHoldAsked = isHeld;
        this.isHeld = isHeld;
    }

    /** The gate of a lane that is held from the start: its copy is half made. */
    public static InstallGate held() {
        return new InstallGate(true);
    }

    /** The lane's leader has said that its journal does not reach back to the end of this log. */
    void need() {
        isNeeded = true;
    }

    /** The leader has said that the lane may follow after all. */
    void needNoMore() {
        if (isNeeded && !isHeld) {
            isNeeded = false;
            isHoldAsked = false; // the next time it is asked again, if nobody counts on the lane then
        }
    }

    /** Whether the lane is to be held now: not while it can follow after all. */
    boolean isHoldDue() {
        return isHoldAsked && isNeeded && !isHeld;
    }

    /** The lane is held from now on. */
    void acknowledge() {
        isHeld = true;
    }

    /** Whether the lane cannot follow its leader. */
    public boolean isNeeded() {
        return isNeeded;
    }

    /** Has the lane held, as soon as it does not lead, unless it can follow after all. */
    public void hold() {
        isHoldAsked = true;
    }

    /** Whether the lane is held. */
    public boolean isHeld() {
        return isHeld;
    }

    @Override
    public String toString() {
        return isHeld ? "held" : isHoldAsked ? "to be held" : isNeeded ? "needed" : "open";
    }
}
