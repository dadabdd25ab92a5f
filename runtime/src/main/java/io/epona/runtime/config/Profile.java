package io.epona.runtime.config;

/** What kind of machine the defaults are for. */
public enum Profile {
    /** Few cores, shared with others: agents on few threads that park. */
    SHARED,
    /** A machine of its own: one pinned, spinning thread for each hot agent. */
    DEDICATED
}
