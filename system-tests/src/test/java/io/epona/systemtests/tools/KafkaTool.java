package io.epona.systemtests.tools;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.utils.Exit;

/** Runs a command line tool of Kafka in this process, which takes a second less than a process of its own. */
final class KafkaTool {
    private static final String PACKAGE = "org.apache.kafka.tools.";

    private KafkaTool() {}

    /** Ends a tool that would end the process. Some catch it, print it and exit once more. */
    private static final class Exited extends RuntimeException {
        Exited(final int status) {
            super("exit " + status);
        }
    }

    /** The first exit is the one that counts, with what was printed until then. */
    private static final class FirstExit {
        private final ByteArrayOutputStream printed;
        private Outcome outcome;

        FirstExit(final ByteArrayOutputStream printed) {
            this.printed = printed;
        }

        void exit(final int status, final String message) {
            if (outcome == null) {
                outcome = new Outcome(
                        status, printed.toString(StandardCharsets.UTF_8) + (message == null ? "" : message));
            }
        }
    }

    /**
     * What a tool did.
     *
     * @param status of its exit
     * @param out what it printed on both streams
     */
    record Outcome(int status, String out) {
        /** What it printed, if it succeeded. */
        String text() {
            if (status != 0) {
                throw new AssertionError("the tool failed: status=" + status + ", it says:\n" + out);
            }
            return out;
        }
    }

    /** Runs a tool by the name of its class. */
    static Outcome run(final String tool, final String... arguments) {
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        final PrintStream out = System.out;
        final PrintStream err = System.err;
        try (PrintStream captured = new PrintStream(bytes, true, StandardCharsets.UTF_8)) {
            System.setOut(captured);
            System.setErr(captured);
            final FirstExit exit = new FirstExit(bytes);
            Exit.setExitProcedure((status, message) -> {
                exit.exit(status, message);
                throw new Exited(status);
            });
            final String failure = call(tool.contains(".") ? tool : PACKAGE + tool, arguments);
            exit.exit(failure == null ? 0 : -1, failure);
            return exit.outcome;
        } finally {
            Exit.resetExitProcedure();
            System.setOut(out);
            System.setErr(err);
        }
    }

    /** Returns why it failed without an exit. */
    private static String call(final String className, final String[] arguments) {
        try {
            final Method main = Class.forName(className).getMethod("main", String[].class);
            main.invoke(null, (Object) arguments);
            return null;
        } catch (final InvocationTargetException ex) {
            final StringWriter text = new StringWriter();
            ex.getCause().printStackTrace(new PrintWriter(text));
            return text.toString();
        } catch (final ReflectiveOperationException ex) {
            throw new IllegalStateException("no such tool: " + className, ex);
        }
    }
}
