package io.epona.gateway.net;

import java.util.HashSet;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logs each distinct cause once, so that a client that sends rubbish in a loop does not fill the disk. Later ones are
 * at debug level and in the counters. Gateway thread only.
 */
final class CauseLog {
    private static final Logger LOGGER = LoggerFactory.getLogger(CauseLog.class);

    private final Set<String> seen = new HashSet<>();

    /**
     * Reports one.
     *
     * @param cause without anything that differs from case to case.
     * @param detail what differs.
     * @param error or null.
     */
    void report(final String cause, final String detail, final Throwable error) {
        if (seen.size() < NetLimits.MAX_LOGGED_CAUSES && seen.add(cause)) {
            // The client is at fault: its own mistake and the reason for it say more than our stack.
            final String reasons = error == null ? "" : ", error=" + error + ", reason=" + error.getCause();
            LOGGER.warn("{}: {}{} (the same cause is only counted from now on)", cause, detail, reasons);
        } else {
            LOGGER.debug("{}: {}", cause, detail, error);
        }
    }
}
