package io.epona.journal;

/** Bytes that were durable are damaged or gone. Nothing was cut or changed; the lane must not be started from them. */
public final class JournalCorruptException extends JournalException {
    private static final long serialVersionUID = 1L;

    /** Remedy for damage that only another copy can repair. */
    public static final String RESTORE = "on a node of a cell nothing, the lane is installed again from its leader; on"
            + " a single node keep a copy of the directory, look at it with `epona journal verify`, check the device,"
            + " and restore the directory from a backup: what is behind the damage is lost on this node";

    private final transient JournalDamage damage;

    /**
     * @param damage where it is.
     * @param problem what is damaged, and what shows that it was durable.
     */
    public JournalCorruptException(final JournalDamage damage, final String problem) {
        super(problem + ", " + damage.describe() + "; what to do: " + RESTORE, null);
        this.damage = damage;
    }

    /** Where the damage is, and what is known about it. */
    public JournalDamage damage() {
        return damage;
    }

    /** Where in the lane's log the damage starts, or -1. */
    public long position() {
        return damage.position();
    }
}
