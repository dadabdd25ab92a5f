package io.epona.coordinator;

import io.epona.codec.lane.LaneResult;

/** A lane did not append a batch, and never will. */
public final class LaneRefusedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final LaneResult result;

    /**
     * A refusal.
     *
     * @param result the lane's reason.
     */
    public LaneRefusedException(final LaneResult result) {
        super("lane refused a batch: result=" + result);
        this.result = result;
    }

    /** The lane's reason. */
    public LaneResult result() {
        return result;
    }
}
