package io.epona.systemtests.harness;

import java.io.IOException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Processes that end with the JVM of the tests at the latest. Safe for use by many threads. */
final class ChildProcesses {
    private static final Set<Process> RUNNING = ConcurrentHashMap.newKeySet();

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> RUNNING.forEach(Process::destroyForcibly)));
    }

    private ChildProcesses() {}

    static Process start(final ProcessBuilder builder) throws IOException {
        final Process process = builder.start();
        RUNNING.add(process);
        return process;
    }

    /** The process has ended. */
    static void forget(final Process process) {
        RUNNING.remove(process);
    }
}
