package io.epona.demo;

/** Why a demo ends without a verdict. The message is for the user. */
public final class DemoException extends Exception {
    private final int exitStatus;

    /**
     * With the status that the process ends with.
     *
     * @param exitStatus see {@link ExitStatus}
     * @param message for the user
     * @param cause what the machine said, or null
     */
    public DemoException(final int exitStatus, final String message, final Throwable cause) {
        super(message, cause);
        this.exitStatus = exitStatus;
    }

    /** See {@link ExitStatus}. */
    public int exitStatus() {
        return exitStatus;
    }
}
