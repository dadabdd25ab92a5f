package io.epona.node.cli;

import io.epona.node.NodeErrors;
import io.epona.node.RunFile;
import io.epona.node.cell.CellTable;
import io.epona.node.cell.CellView;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code epona cell status}: nodes, lanes, in-sync replicas, positions and lag of a running cell. */
@Command(
        name = "status",
        mixinStandardHelpOptions = true,
        description = "Shows nodes, lanes, in-sync replicas, positions and lag of a running cell.",
        exitCodeListHeading = "Exit status:%n",
        exitCodeList = {
            "0:every lane has a leader and all its replicas are in sync",
            "1:no node answered",
            "2:bad options",
            "3:a lane is under-replicated or offline, or a node did not answer"
        })
public final class CellStatusCommand implements Callable<Integer> {
    private static final Duration TIMEOUT = Duration.ofSeconds(3);
    private static final int NO_ANSWER = 1;
    private static final int NOT_WELL = 3;
    private static final String HOME_AND_CLEAR = "\033[H\033[J";

    @Option(
            names = "--dir",
            description = "Data directory of a node, or the folder of a cell on this machine (default:"
                    + " ${DEFAULT-VALUE}).")
    private Path directory = Path.of("epona-data");

    @Option(
            names = "--metrics",
            paramLabel = "HOST:PORT",
            split = ",",
            description = "Metrics addresses of the nodes; instead of --dir.")
    private List<String> metrics = List.of();

    @Option(names = "--live", description = "Show it again and again until Ctrl-C.")
    private boolean isLive;

    @Option(names = "--interval", description = "Seconds between two tables, with --live (default: ${DEFAULT-VALUE}).")
    private int intervalS = 1;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        if (intervalS < 1) {
            spec.commandLine().getErr().println("epona cell status: --interval is at least 1");
            return 2;
        }
        final boolean isTerminal = System.console() != null && System.console().isTerminal();
        final CountDownLatch never = new CountDownLatch(1);
        try (HttpClient client = HttpClient.newBuilder().connectTimeout(TIMEOUT).build()) {
            int status = show(client, isLive && isTerminal);
            while (isLive && !never.await(intervalS, TimeUnit.SECONDS)) {
                status = show(client, isTerminal);
            }
            return status;
        } catch (final IOException ex) {
            spec.commandLine()
                    .getErr()
                    .println("epona cell status: " + (ex.getMessage() == null ? ex.toString() : ex.getMessage()));
            return NO_ANSWER;
        }
    }

    private int show(final HttpClient client, final boolean isClearing) throws IOException, InterruptedException {
        final List<CellView> views = new ArrayList<>();
        final Map<String, String> silent = new TreeMap<>();
        final Map<String, RunFile> runFiles = new TreeMap<>();
        for (final String address : addresses(runFiles)) {
            try {
                views.add(ask(client, address));
            } catch (final IOException | IllegalArgumentException ex) {
                silent.put(
                        address,
                        whyEnded(runFiles.get(address))
                                .orElse(ex.getMessage() == null ? ex.toString() : ex.getMessage()));
            }
        }
        final PrintWriter out = spec.commandLine().getOut();
        if (views.isEmpty()) {
            throw new IOException("no node answers: " + silent);
        }
        out.print(isClearing ? HOME_AND_CLEAR : "");
        out.print(CellTable.render(views, silent));
        out.flush();
        final boolean isWell = silent.isEmpty()
                && views.getFirst().lanes().stream()
                        .allMatch(lane -> lane.leader() >= 0
                                && lane.inSync().size() == lane.replicas().size());
        return isWell ? 0 : NOT_WELL;
    }

    private static CellView ask(final HttpClient client, final String address)
            throws IOException, InterruptedException {
        final HttpRequest request = HttpRequest.newBuilder(URI.create("http://" + address + "/cell"))
                .timeout(TIMEOUT)
                .build();
        final HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() != 200) {
            throw new IOException("it answered " + response.statusCode() + ": "
                    + response.body().strip());
        }
        return CellView.decode(response.body());
    }

    /** What a node says that left its run file behind; empty when it runs. */
    private static Optional<String> whyEnded(final RunFile run) {
        if (run == null
                || ProcessHandle.of(run.pid()).filter(ProcessHandle::isAlive).isPresent()) {
            return Optional.empty();
        }
        return Optional.of("its process " + run.pid() + " has ended"
                + NodeErrors.lastWords(run.counters())
                        .map(words -> ": " + words)
                        .orElse(" without a word"));
    }

    /** Of the node in the directory, or of those in the folders of a cell on this machine. */
    private List<String> addresses(final Map<String, RunFile> runFiles) throws IOException {
        if (!metrics.isEmpty()) {
            return metrics;
        }
        if (Files.isDirectory(directory)) {
            try (DirectoryStream<Path> folders = Files.newDirectoryStream(directory, "node-*")) {
                for (final Path folder : folders) {
                    addIfRunning(runFiles, folder);
                }
            }
            addIfRunning(runFiles, directory);
        }
        if (runFiles.isEmpty()) {
            throw new IOException("no node runs in " + directory
                    + "; name its directory with --dir, or the metrics addresses of the nodes with --metrics");
        }
        return List.copyOf(runFiles.keySet());
    }

    private static void addIfRunning(final Map<String, RunFile> runFiles, final Path directory) throws IOException {
        try {
            final RunFile run = RunFile.read(directory);
            runFiles.put(run.metrics(), run);
        } catch (final NoSuchFileException ex) {
            return; // nobody runs there
        }
    }
}
