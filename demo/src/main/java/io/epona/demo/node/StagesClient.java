package io.epona.demo.node;

import io.epona.runtime.budget.Stage;
import io.epona.runtime.budget.StageHistograms;
import java.io.IOException;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A node's metrics server: its stage times and breaches out, the consumer's stage times in. One thread. */
public final class StagesClient {
    private static final int TIMEOUT_MS = 5_000;
    private static final int BREACH_COLUMNS = 7;

    private final String address;

    /** @param address {@code host:port} of the metrics server */
    public StagesClient(final String address) {
        this.address = address;
    }

    /**
     * A breach of a stage's budget that the node saw.
     *
     * @param topicPartition as the node names it
     * @param offset first of the batch
     * @param stage that was breached
     * @param elapsedNs what it took
     * @param culprit stage, or part of one, that took most of it
     * @param culpritNs what that took
     */
    public record NodeBreach(
            String topicPartition, long offset, Stage stage, long elapsedNs, String culprit, long culpritNs) {}

    /** All stage times since the node started. */
    public StageHistograms stages() throws IOException {
        try {
            return StageHistograms.decode(exchange("/stages", null));
        } catch (final IllegalArgumentException ex) {
            throw new IOException("the node's stage times cannot be read: " + ex.getMessage(), ex);
        }
    }

    /** Adds a consumer's stage times, of what happened since its last report. */
    public void report(final StageHistograms own) throws IOException {
        exchange("/stages", own.encode());
    }

    /** The newest breaches, oldest of them first. */
    public List<NodeBreach> breaches() throws IOException {
        final List<NodeBreach> breaches = new ArrayList<>();
        final String[] lines = exchange("/breaches", null).split("\n");
        for (int i = 1; i < lines.length; i++) {
            breaches.add(breach(lines[i]));
        }
        return breaches;
    }

    private static NodeBreach breach(final String line) throws IOException {
        final String[] cells = line.split("\t");
        if (cells.length != BREACH_COLUMNS) {
            throw new IOException("the node's breaches cannot be read: line=" + line);
        }
        try {
            return new NodeBreach(
                    cells[1],
                    Long.parseLong(cells[2]),
                    Stage.ofLabel(cells[3]),
                    Long.parseLong(cells[4]),
                    cells[5],
                    Long.parseLong(cells[6]));
        } catch (final IllegalArgumentException ex) {
            throw new IOException("the node's breaches cannot be read: line=" + line, ex);
        }
    }

    private String exchange(final String path, final String body) throws IOException {
        final URI uri = URI.create("http://" + address + path);
        final HttpURLConnection connection = (HttpURLConnection) uri.toURL().openConnection();
        connection.setConnectTimeout(TIMEOUT_MS);
        connection.setReadTimeout(TIMEOUT_MS);
        try {
            if (body != null) {
                connection.setRequestMethod("POST");
                connection.setDoOutput(true);
                try (OutputStream output = connection.getOutputStream()) {
                    output.write(body.getBytes(StandardCharsets.UTF_8));
                }
            }
            if (connection.getResponseCode() != HttpURLConnection.HTTP_OK) {
                throw new IOException(uri + " answers " + connection.getResponseCode());
            }
            return new String(connection.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        } finally {
            connection.disconnect();
        }
    }
}
