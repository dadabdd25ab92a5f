package io.epona.journal;

/** Bytes that were durable are damaged or gone. Nothing was cut or changed; the lane must not be started from them. */
public final class JournalCorruptException extends JournalException {
    private static final long serialVersionUID = 1L;

    /** Remedy for damage that only another copy can repair. */
    public static final String RESTORE = "keep a copy of the directory, look at it with `epona journal verify`, check"
            + " the device, and restore the directory from a backup; what is behind the damage is lost on this node";

    private final long position;

    /**
     * @param position where in the lane's log the damage starts, or -1 when it is not at one position.
     * @param problem what is damaged, where, and what shows that it was durable.
     */
    public JournalCorruptException(final long position, final String problem) {
        super(problem + "; what to do: " + RESTORE, null);
        this.position = position;
    }

    /** Where in the lane's log the damage starts, or -1. */
    public long position() {
        return position;
    }
}
