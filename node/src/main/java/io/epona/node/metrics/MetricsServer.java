package io.epona.node.metrics;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.epona.node.cell.CellView;
import io.epona.runtime.CountersView;
import io.epona.runtime.budget.Breach;
import io.epona.runtime.budget.BudgetRecorders;
import io.epona.runtime.budget.StageHistograms;
import io.prometheus.metrics.config.EscapingScheme;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.IntFunction;
import java.util.function.Supplier;

/**
 * Serves what a node knows of itself over HTTP, on a thread of its own:
 *
 * <table>
 * <caption>paths</caption>
 * <tr><td>{@code GET /metrics}</td><td>Prometheus text: counters and stage summaries</td></tr>
 * <tr><td>{@code GET /health}</td><td>200 while the node serves, else 503, with the reason</td></tr>
 * <tr><td>{@code GET /stages}</td><td>all stage histograms since the start, as {@code .hlog} text</td></tr>
 * <tr><td>{@code POST /stages}</td><td>a consumer's {@code .hlog} lines of process and end-to-end since its last
 * report</td></tr>
 * <tr><td>{@code GET /breaches}</td><td>the newest budget breaches, tab-separated with a header line</td></tr>
 * <tr><td>{@code GET /cell}</td><td>nodes, lanes and positions as this node knows them, see {@link CellView}</td></tr>
 * </table>
 */
public final class MetricsServer implements AutoCloseable {
    private static final int MAX_REPORT_LENGTH = 1 << 20;
    private static final int BREACHES_SHOWN = 1_000;
    private static final String TEXT = "text/plain; charset=utf-8";

    private final HttpServer server;
    private final ExecutorService executor;
    private final Sources sources;
    private final CounterMetrics counterMetrics;
    private final ReportedStages reported = new ReportedStages();

    /**
     * What is served.
     *
     * @param counters the node's counters
     * @param budget its stage recorders and breach logs
     * @param health why the node does not serve; null while it does
     * @param partitionName topic and partition for a partition index
     * @param cell what the node knows of its cell
     */
    public record Sources(
            Supplier<CountersView> counters,
            BudgetRecorders budget,
            Supplier<String> health,
            IntFunction<String> partitionName,
            Supplier<CellView> cell) {}

    private MetricsServer(final HttpServer server, final ExecutorService executor, final Sources sources) {
        this.server = server;
        this.executor = executor;
        this.sources = sources;
        this.counterMetrics = new CounterMetrics(sources.counters());
    }

    /**
     * Binds and serves.
     *
     * @param address where to listen; port 0 lets the system choose
     * @throws IOException when the address cannot be bound; the message names it
     */
    public static MetricsServer start(final InetSocketAddress address, final Sources sources) throws IOException {
        final HttpServer http = bind(address);
        final ExecutorService executor = Executors.newSingleThreadExecutor(
                Thread.ofPlatform().daemon().name("metrics").factory());
        final MetricsServer server = new MetricsServer(http, executor, sources);
        http.setExecutor(executor);
        http.createContext("/metrics", exchange -> server.serve(exchange, "/metrics", server::metrics));
        http.createContext("/health", exchange -> server.serve(exchange, "/health", server::health));
        http.createContext("/stages", exchange -> server.serve(exchange, "/stages", server::stages));
        http.createContext("/breaches", exchange -> server.serve(exchange, "/breaches", server::breaches));
        http.createContext(
                "/cell",
                exchange -> server.serve(
                        exchange,
                        "/cell",
                        asked -> Answer.text(200, sources.cell().get().encode())));
        http.start();
        return server;
    }

    private static HttpServer bind(final InetSocketAddress address) throws IOException {
        try {
            return HttpServer.create(address, 0);
        } catch (final IOException ex) {
            throw new IOException(
                    "cannot listen: metrics.listen=" + address.getHostString() + ":" + address.getPort()
                            + "; is another process listening there, or is the address not of this machine?",
                    ex);
        }
    }

    /** The address that it listens on. */
    public InetSocketAddress address() {
        return server.getAddress();
    }

    @Override
    public void close() {
        server.stop(0);
        executor.shutdownNow();
    }

    private record Answer(int status, String contentType, byte[] body) {
        static Answer text(final int status, final String text) {
            return new Answer(status, TEXT, text.getBytes(StandardCharsets.UTF_8));
        }
    }

    @FunctionalInterface
    private interface Endpoint {
        Answer answer(HttpExchange exchange) throws IOException;
    }

    private void serve(final HttpExchange exchange, final String path, final Endpoint endpoint) throws IOException {
        try (exchange) {
            Answer answer;
            if (!exchange.getRequestURI().getPath().equals(path)) {
                answer = Answer.text(404, "nothing here; try /metrics, /health, /stages, /breaches, /cell\n");
            } else {
                try {
                    answer = endpoint.answer(exchange);
                } catch (final IllegalArgumentException ex) {
                    answer = Answer.text(400, ex.getMessage() + '\n');
                }
            }
            exchange.getResponseHeaders().set("Content-Type", answer.contentType());
            exchange.sendResponseHeaders(answer.status(), answer.body().length);
            exchange.getResponseBody().write(answer.body());
        }
    }

    private Answer metrics(final HttpExchange exchange) throws IOException {
        final List<MetricSnapshot> metrics = new ArrayList<>(counterMetrics.collect());
        metrics.addAll(StageMetrics.of(stagesNow()));
        metrics.add(ProcessMetrics.residentMemory());
        final ByteArrayOutputStream body = new ByteArrayOutputStream();
        PrometheusTextFormatWriter.create().write(body, new MetricSnapshots(metrics), EscapingScheme.DEFAULT);
        return new Answer(200, PrometheusTextFormatWriter.CONTENT_TYPE, body.toByteArray());
    }

    private Answer health(final HttpExchange exchange) {
        final String problem = sources.health().get();
        return problem == null ? Answer.text(200, "ok\n") : Answer.text(503, problem + '\n');
    }

    private Answer stages(final HttpExchange exchange) throws IOException {
        if (!exchange.getRequestMethod().equals("POST")) {
            return Answer.text(200, stagesNow().encode());
        }
        final byte[] report;
        try (InputStream body = exchange.getRequestBody()) {
            report = body.readNBytes(MAX_REPORT_LENGTH + 1);
        }
        if (report.length > MAX_REPORT_LENGTH) {
            return Answer.text(413, "a report is at most " + MAX_REPORT_LENGTH + " bytes\n");
        }
        reported.add(new String(report, StandardCharsets.UTF_8));
        return Answer.text(200, "ok\n");
    }

    private Answer breaches(final HttpExchange exchange) {
        final StringBuilder text =
                new StringBuilder("epoch_ns\tpartition\toffset\tstage\telapsed_ns\tculprit\tculprit_ns\n");
        for (final Breach breach : sources.budget().newestBreaches(BREACHES_SHOWN)) {
            text.append(breach.epochNs())
                    .append('\t')
                    .append(sources.partitionName().apply(breach.partitionIndex()))
                    .append('\t')
                    .append(breach.offset())
                    .append('\t')
                    .append(breach.breached().label())
                    .append('\t')
                    .append(breach.elapsedNs())
                    .append('\t')
                    .append(breach.culprit().label())
                    .append('\t')
                    .append(breach.culpritNs())
                    .append('\n');
        }
        return Answer.text(200, text.toString());
    }

    private StageHistograms stagesNow() {
        return reported.joinedWith(sources.budget().totals());
    }
}
