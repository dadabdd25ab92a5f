package io.epona.runtime;

/**
 * Told when a component cannot go on without risking what it has promised: a failed device write, a broken invariant.
 *
 * <p>The component has already fenced itself when it calls. The node's implementation records the reason and ends the
 * process; a test's collects it. It is called on the thread of the component, at most once by each, and returns.
 */
@FunctionalInterface
public interface FatalHandler {
    /**
     * The component has ended for good.
     *
     * @param component role that ended, as in its agent's role name
     * @param reason what happened, with the values that explain it
     */
    void onFatal(String component, Throwable reason);
}
