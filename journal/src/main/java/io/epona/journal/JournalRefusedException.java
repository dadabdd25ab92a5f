package io.epona.journal;

/**
 * The journal cannot be used as it is configured or where it is; nothing was changed. The message has two parts: what
 * is wrong, and what the operator can do about it.
 */
public final class JournalRefusedException extends JournalException {
    private static final long serialVersionUID = 1L;

    private final String remedy;

    /**
     * @param problem what is wrong, with the values that show it.
     * @param remedy what to do now, as an imperative sentence without a full stop.
     */
    public JournalRefusedException(final String problem, final String remedy) {
        this(problem, remedy, null);
    }

    /**
     * @param problem what is wrong, with the values that show it.
     * @param remedy what to do now, as an imperative sentence without a full stop.
     * @param cause the failure underneath, or null.
     */
    public JournalRefusedException(final String problem, final String remedy, final Throwable cause) {
        super(problem + "; what to do: " + remedy, cause);
        this.remedy = remedy;
    }

    /** What to do now. */
    public String remedy() {
        return remedy;
    }
}
