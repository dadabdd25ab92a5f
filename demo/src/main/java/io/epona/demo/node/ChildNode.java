package io.epona.demo.node;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A node that runs as a child process. Its standard input is a pipe that nothing is ever written to: when this process
 * dies, however, the pipe closes, and a node that watches it ends too. Ctrl-C on the terminal is not for the child: the
 * records that are on their way still need it. Any thread.
 */
public final class ChildNode implements AutoCloseable {
    /** A first start writes the journal files; on a slow device that takes its time. */
    private static final long START_TIMEOUT_S = 120;

    private static final long STOP_TIMEOUT_S = 20;
    private static final long OUTPUT_TIMEOUT_S = 2;
    private static final int KEPT_LINES = 60;

    private final Process process;
    private final Deque<String> lastLines = new ArrayDeque<>();
    private final CompletableFuture<NodeAddress> address = new CompletableFuture<>();
    private final List<Thread> readers = new ArrayList<>();
    private final List<CellNode> cellNodes = new CopyOnWriteArrayList<>();
    private volatile boolean isStopping;

    private ChildNode(final Process process) {
        this.process = process;
    }

    /**
     * Starts a node and waits until it is ready.
     *
     * @param command with its arguments
     * @param threads makes the two threads that read what it prints
     * @throws NodeFailedException when it is not ready in time, or ends before
     */
    public static ChildNode start(final List<String> command, final ThreadFactory threads)
            throws NodeFailedException, InterruptedException {
        final List<String> shielded = new ArrayList<>(List.of("/bin/sh", "-c", "trap '' INT; exec \"$@\"", "sh"));
        shielded.addAll(command);
        final Process process;
        try {
            process = new ProcessBuilder(shielded).start();
        } catch (final IOException ex) {
            throw new NodeFailedException("the node cannot be started: " + ex.getMessage(), ex);
        }
        final ChildNode node = new ChildNode(process);
        boolean isReady = false;
        try {
            node.readFrom(process.getInputStream(), threads);
            node.readFrom(process.getErrorStream(), threads);
            process.onExit().thenRun(node::giveUp);
            node.address.get(START_TIMEOUT_S, TimeUnit.SECONDS);
            isReady = true;
            return node;
        } catch (final ExecutionException ex) {
            throw new NodeFailedException(node.epitaph("did not start"), ex);
        } catch (final TimeoutException ex) {
            throw new NodeFailedException(
                    "the node was not ready within " + START_TIMEOUT_S + " s" + node.lastWords(), ex);
        } finally {
            if (!isReady) {
                node.close();
            }
        }
    }

    private void readFrom(final InputStream stream, final ThreadFactory threads) {
        final Thread reader = threads.newThread(() -> read(stream));
        readers.add(reader);
        reader.start();
    }

    private void read(final InputStream stream) {
        try (BufferedReader reader = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                final String text = line;
                CellNode.inLine(text).ifPresent(cellNodes::add);
                NodeAddress.inLine(text).ifPresentOrElse(address::complete, () -> keep(text));
            }
        } catch (final IOException ex) {
            keep("(its output cannot be read on: " + ex.getMessage() + ")");
        }
    }

    /** It has ended; what it said before that counts, and may not have been read yet. */
    private void giveUp() {
        try {
            awaitOutput();
        } catch (final InterruptedException ex) {
            Thread.currentThread().interrupt();
        }
        address.completeExceptionally(new IOException("it ended"));
    }

    private void awaitOutput() throws InterruptedException {
        for (final Thread reader : readers) {
            reader.join(TimeUnit.SECONDS.toMillis(OUTPUT_TIMEOUT_S));
        }
    }

    private void keep(final String line) {
        synchronized (lastLines) {
            lastLines.addLast(line);
            if (lastLines.size() > KEPT_LINES) {
                lastLines.removeFirst();
            }
        }
    }

    /** What the node printed last, besides that it is ready; oldest line first. */
    public List<String> lastLines() {
        synchronized (lastLines) {
            return List.copyOf(lastLines);
        }
    }

    private String lastWords() {
        final List<String> lines = lastLines();
        return lines.isEmpty() ? ", and it said nothing" : "; it said:\n  " + String.join("\n  ", lines);
    }

    private String epitaph(final String what) throws InterruptedException {
        if (!process.waitFor(STOP_TIMEOUT_S, TimeUnit.SECONDS)) {
            return "the node " + what + lastWords();
        }
        awaitOutput();
        return "the node " + what + " (exit status " + process.exitValue() + ")" + lastWords();
    }

    /** Where it can be reached. */
    public NodeAddress address() {
        return address.join();
    }

    /** The nodes, when the process runs a whole cell; empty when it is a node itself. */
    public List<CellNode> cellNodes() {
        return List.copyOf(cellNodes);
    }

    /** Process id. */
    public long pid() {
        return process.pid();
    }

    /**
     * Does nothing while it runs.
     *
     * @throws NodeFailedException when it has ended by itself
     */
    public void check() throws NodeFailedException, InterruptedException {
        if (!isStopping && !process.isAlive()) {
            throw new NodeFailedException(epitaph("ended while it was needed"));
        }
    }

    /** Asks it to stop, waits, and ends it by force if it does not. */
    @Override
    public void close() {
        isStopping = true;
        process.destroy();
        boolean isInterrupted = false;
        try {
            if (!process.waitFor(STOP_TIMEOUT_S, TimeUnit.SECONDS)) {
                keep("(it did not stop within " + STOP_TIMEOUT_S + " s, and was killed)");
            }
        } catch (final InterruptedException ex) {
            isInterrupted = true;
        }
        process.destroyForcibly();
        if (isInterrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
