package io.epona.journal;

/**
 * A device write, read or sync failed or was short. What the device holds is unknown from now on: the journal is over
 * for this process, nothing is tried again.
 */
public final class JournalFailedException extends JournalException {
    private static final long serialVersionUID = 1L;

    private final int errno;

    /**
     * @param problem what failed: the operation, the file and the range.
     * @param errno error number of the operating system, 0 for a short transfer.
     */
    public JournalFailedException(final String problem, final int errno) {
        super(0 == errno ? problem : problem + ", errno=" + Errno.describe(errno), null);
        this.errno = errno;
    }

    /**
     * @param problem what failed.
     * @param cause the failure underneath.
     */
    public JournalFailedException(final String problem, final Throwable cause) {
        super(problem, cause);
        this.errno = 0;
    }

    /** Error number of the operating system, 0 when there is none. */
    public int errno() {
        return errno;
    }
}
