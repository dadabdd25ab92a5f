package io.epona.node.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The processes of a {@link LocalCell}: starts them, says when all serve, and stops them with this process. One that
 * ends by itself or is killed stays away; a line says how to start it again.
 */
final class LocalCellProcesses {
    private static final Pattern READY = Pattern.compile("epona: ready, kafka on (\\S+), metrics on (\\S+)");
    private static final long STOP_TIMEOUT_S = 40;
    private static final int NOT_CLEAN = 1;

    private final List<LocalCell.Member> members;
    private final List<String> settings;
    private final PrintWriter out;
    private final PrintWriter err;
    private final List<Running> running = new ArrayList<>();
    private volatile boolean isStopping;

    private record Running(LocalCell.Member member, Process process, CompletableFuture<Matcher> ready) {}

    LocalCellProcesses(
            final List<LocalCell.Member> members,
            final List<String> settings,
            final PrintWriter out,
            final PrintWriter err) {
        this.members = members;
        this.settings = settings;
        this.out = out;
        this.err = err;
    }

    /** Starts all nodes, waits until they serve, then until all have ended. Returns the exit status. */
    int run() throws IOException, InterruptedException {
        Runtime.getRuntime().addShutdownHook(new Thread(this::stop, "stop-cell"));
        for (final LocalCell.Member member : members) {
            running.add(start(member));
        }
        try {
            announce();
        } catch (final ExecutionException ex) {
            err.println("epona start: " + ex.getCause().getMessage());
            err.flush();
            stop();
            return NOT_CLEAN;
        }
        int status = 0;
        for (final Running node : running) {
            status = Math.max(status, node.process.waitFor() == 0 ? 0 : NOT_CLEAN);
        }
        return status;
    }

    private Running start(final LocalCell.Member member) throws IOException {
        final List<String> command = NodeLauncher.command(member.config(), member.nodeId(), settings);
        final Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        final CompletableFuture<Matcher> ready = new CompletableFuture<>();
        Thread.ofPlatform().daemon().name("node-" + member.nodeId()).start(() -> follow(member, process, ready));
        return new Running(member, process, ready);
    }

    private void follow(final LocalCell.Member member, final Process process, final CompletableFuture<Matcher> ready) {
        try (BufferedReader reader =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                final Matcher matcher = READY.matcher(line);
                if (matcher.find()) {
                    ready.complete(matcher);
                } else {
                    say(out, "node " + member.nodeId() + ": " + line.replaceFirst("^epona: ", ""));
                }
            }
            final int status = process.waitFor();
            final String ended = "node " + member.nodeId() + " (pid " + process.pid() + ") ended with status " + status;
            if (!ready.completeExceptionally(new IOException(ended)) && !isStopping) {
                say(err, ended + "; start it again with: ./epona start --config " + member.config());
            }
        } catch (final IOException ex) {
            ready.completeExceptionally(ex);
        } catch (final InterruptedException ex) {
            Thread.currentThread().interrupt();
        }
    }

    private void announce() throws ExecutionException, InterruptedException {
        final List<Matcher> ready = new ArrayList<>();
        for (final Running node : running) {
            ready.add(node.ready.get());
        }
        for (int i = 0; i < ready.size(); i++) {
            final Running node = running.get(i);
            say(
                    out,
                    "node " + node.member.nodeId() + ": pid " + node.process.pid() + ", kafka on "
                            + ready.get(i).group(1) + ", metrics on "
                            + ready.get(i).group(2) + ", "
                            + node.member.directory());
        }
        final String kafka = ready.stream().map(one -> one.group(1)).collect(Collectors.joining(","));
        final String metrics = ready.stream().map(one -> one.group(2)).collect(Collectors.joining(","));
        say(out, "ready, kafka on " + kafka + ", metrics on " + metrics);
    }

    private static void say(final PrintWriter writer, final String line) {
        synchronized (writer) {
            writer.println("epona: " + line);
            writer.flush();
        }
    }

    /** Stops all nodes at once, cleanly, and waits for them; also the JVM's shutdown hook. */
    private void stop() {
        isStopping = true;
        running.forEach(node -> node.process.destroy());
        try {
            for (final Running node : running) {
                if (!node.process.waitFor(STOP_TIMEOUT_S, TimeUnit.SECONDS)) {
                    say(err, "node " + node.member.nodeId() + " does not stop; it is killed, the next start recovers");
                    node.process.destroyForcibly();
                }
            }
        } catch (final InterruptedException ex) {
            Thread.currentThread().interrupt();
        }
    }
}
