package io.epona.demo.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class CellNodeTest {
    @Test
    void shouldReadTheLineWithWhichACellNamesANode() {
        assertEquals(
                Optional.of(new CellNode(2, 4711)),
                CellNode.inLine("epona: node 2: pid 4711, kafka on 127.0.0.1:9093, metrics on 127.0.0.1:9645, /d"));
        assertEquals(Optional.empty(), CellNode.inLine("epona: node 2: something it said"));
    }

    @Test
    void shouldKillTheProcessWhenItRuns() throws Exception {
        final Process process = new ProcessBuilder("sleep", "60").start();
        final CellNode node = new CellNode(1, process.pid());
        assertTrue(node.kill());
        assertTrue(process.waitFor(10, TimeUnit.SECONDS));
        assertFalse(node.kill());
    }

    @Test
    void shouldNameEachMetricsServerWhenThereAreSeveral() {
        assertEquals(List.of("a:1", "b:2"), new NodeAddress("k", "a:1,b:2").metricsServers());
        assertEquals(List.of(), new NodeAddress("k", null).metricsServers());
    }
}
