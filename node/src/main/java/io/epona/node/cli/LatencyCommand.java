package io.epona.node.cli;

import io.epona.node.RunFile;
import io.epona.runtime.budget.StageHistograms;
import io.epona.runtime.budget.StageTable;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code epona latency}: a running node's stage table, refreshed until Ctrl-C. */
@Command(
        name = "latency",
        mixinStandardHelpOptions = true,
        description = "Shows a running node's stages against the 100 ms budget, live.")
public final class LatencyCommand implements Callable<Integer> {
    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    private static final int BREACHES_SHOWN = 5;
    private static final String HOME_AND_CLEAR = "\033[H\033[J";

    @Option(names = "--dir", description = "Data directory of the node (default: ${DEFAULT-VALUE}).")
    private Path directory = Path.of("epona-data");

    @Option(
            names = "--metrics",
            paramLabel = "HOST:PORT",
            description = "The node's metrics address; instead of --dir.")
    private String metrics;

    @Option(names = "--interval", description = "Seconds between two tables (default: ${DEFAULT-VALUE}).")
    private int intervalS = 2;

    @Option(names = "--count", description = "End after so many tables (default: go on until Ctrl-C).")
    private int count = Integer.MAX_VALUE;

    @Option(names = "--total", description = "Count from the node's start instead of from the table before.")
    private boolean isTotal;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        if (intervalS < 1 || count < 1) {
            spec.commandLine().getErr().println("epona latency: --interval and --count are at least 1");
            return 2;
        }
        try (HttpClient client = HttpClient.newBuilder().connectTimeout(TIMEOUT).build()) {
            final String address = metrics != null ? metrics : addressIn(directory);
            show(client, address);
            return 0;
        } catch (final NoSuchFileException ex) {
            return fail("no node runs in " + directory + " (there is no " + ex.getFile()
                    + "); name its directory with --dir or its metrics address with --metrics");
        } catch (final ConnectException ex) {
            return fail("no answer from the node's metrics address; is it running? " + describe(ex));
        } catch (final IOException | IllegalArgumentException ex) {
            return fail(describe(ex));
        }
    }

    private static String addressIn(final Path directory) throws IOException {
        return RunFile.read(directory).metrics();
    }

    private int fail(final String message) {
        spec.commandLine().getErr().println("epona latency: " + message);
        return 1;
    }

    private static String describe(final Exception ex) {
        return ex.getMessage() == null ? ex.toString() : ex.getMessage();
    }

    private void show(final HttpClient client, final String address) throws IOException, InterruptedException {
        final CountDownLatch never = new CountDownLatch(1);
        final boolean isTerminal = System.console() != null && System.console().isTerminal();
        StageHistograms before = isTotal ? StageHistograms.decode("") : fetchStages(client, address);
        for (int i = 0; i < count; i++) {
            if (!isTotal || i > 0) {
                never.await(intervalS, TimeUnit.SECONDS);
            }
            final StageHistograms now = fetchStages(client, address);
            final PrintWriter out = spec.commandLine().getOut();
            if (isTerminal) {
                out.print(HOME_AND_CLEAR);
            }
            out.println(isTotal ? "since the start of " + address : "last " + intervalS + " s of " + address);
            out.print(StageTable.render(now.since(before).byStage()));
            printBreaches(out, get(client, address, "/breaches"));
            out.flush();
            before = isTotal ? before : now;
        }
    }

    private static void printBreaches(final PrintWriter out, final String text) {
        final String[] lines = text.split("\n");
        for (int i = Math.max(1, lines.length - BREACHES_SHOWN); i < lines.length; i++) {
            final String[] cells = lines[i].split("\t");
            out.println("breach: " + cells[1] + " offset " + cells[2] + ": " + cells[3] + " took "
                    + StageTable.duration(Long.parseLong(cells[4])) + ", of which " + cells[5] + " "
                    + StageTable.duration(Long.parseLong(cells[6])));
        }
        out.println();
    }

    private static StageHistograms fetchStages(final HttpClient client, final String address)
            throws IOException, InterruptedException {
        return StageHistograms.decode(get(client, address, "/stages"));
    }

    private static String get(final HttpClient client, final String address, final String path)
            throws IOException, InterruptedException {
        final HttpRequest request = HttpRequest.newBuilder(URI.create("http://" + address + path))
                .timeout(TIMEOUT)
                .build();
        final HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() != 200) {
            throw new IOException("the node answered " + response.statusCode() + " to " + path + ": "
                    + response.body().strip());
        }
        return response.body();
    }
}
