package io.epona.demo.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import io.epona.demo.node.StagesClient.NodeBreach;
import io.epona.runtime.SystemNodeClock;
import io.epona.runtime.budget.BudgetRecorders;
import io.epona.runtime.budget.Stage;
import io.epona.runtime.budget.StageHistograms;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class StagesClientTest {
    private final BudgetRecorders recorders = new BudgetRecorders(new SystemNodeClock());
    private final AtomicReference<String> posted = new AtomicReference<>();
    private HttpServer server;
    private StagesClient client;
    private volatile String answer = "";
    private volatile int status = 200;

    @BeforeEach
    void start() throws IOException {
        recorders.recorder("lane-0", Stage.COMMIT).record(Stage.COMMIT, 1_000);
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            try (exchange) {
                if (exchange.getRequestMethod().equals("POST")) {
                    posted.set(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
                }
                final byte[] body = answer.getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(status, body.length);
                exchange.getResponseBody().write(body);
            }
        });
        server.start();
        client = new StagesClient("localhost:" + server.getAddress().getPort());
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    @Test
    void shouldReadStageTimesWhenNodePublishesThem() throws Exception {
        answer = recorders.totals().encode();
        assertEquals(1, client.stages().byStage().get(Stage.COMMIT).getTotalCount());
    }

    @Test
    void shouldSendStageTimesWhenReporting() throws Exception {
        answer = "ok\n";
        client.report(recorders.totals());
        assertEquals(
                1,
                StageHistograms.decode(posted.get()).byStage().get(Stage.COMMIT).getTotalCount());
    }

    @Test
    void shouldReadBreachesWhenNodeSawSome() throws Exception {
        answer = "epoch_ns\tpartition\toffset\tstage\telapsed_ns\tculprit\tculprit_ns\n"
                + "1\tmarket-data-2\t40\tcommit\t12000000\tjournal\t11000000\n";
        assertEquals(
                List.of(new NodeBreach("market-data-2", 40, Stage.COMMIT, 12_000_000, "journal", 11_000_000)),
                client.breaches());
    }

    @Test
    void shouldFailWhenAnswerIsNoneOfOurs() {
        answer = "<html>\nnot here";
        assertThrows(IOException.class, client::breaches);
        answer = "Tag=x,1,2";
        assertThrows(IOException.class, client::stages);
        status = 503;
        final IOException thrown = assertThrows(IOException.class, client::stages);
        assertTrue(thrown.getMessage().endsWith("/stages answers 503"), thrown.getMessage());
    }

    @Test
    void shouldFailWhenNobodyAnswers() {
        server.stop(0);
        assertThrows(IOException.class, client::stages);
    }
}
