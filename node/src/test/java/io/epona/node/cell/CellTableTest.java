package io.epona.node.cell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.node.cell.CellView.FollowerLine;
import io.epona.node.cell.CellView.LaneLine;
import io.epona.node.cell.CellView.LogLine;
import io.epona.node.cell.CellView.NodeLine;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CellTableTest {
    private static final List<NodeLine> NODES = List.of(
            new NodeLine(1, "h1:9092", "online"),
            new NodeLine(2, "h2:9092", "online"),
            new NodeLine(3, "h3:9092", "fenced"));
    private static final List<LaneLine> LANES = List.of(
            new LaneLine(0, 1, 4, 9, List.of(1, 2), List.of(1, 2, 3)),
            new LaneLine(1, -1, 2, 5, List.of(3), List.of(2, 3, 1)));

    private static final CellView LEADER = new CellView(
            "cluster",
            1,
            2,
            NODES,
            LANES,
            List.of(new LogLine(0, 5_000_000, 4_999_000, 4_998_000), new LogLine(1, 64, 64, 64)),
            List.of(new FollowerLine(0, 2, 4_998_500, 4_998_000, 3), new FollowerLine(0, 3, 100, 64, 61_000)));

    @Test
    void shouldReadWhatWasWritten() {
        assertEquals(LEADER, CellView.decode(LEADER.encode()));
        assertEquals(LEADER, CellView.decode(LEADER.encode() + "something\tof a later version\n"));
    }

    @Test
    void shouldRefuseWhenTextIsSomethingElse() {
        assertThrows(IllegalArgumentException.class, () -> CellView.decode("<html>"));
        assertThrows(IllegalArgumentException.class, () -> CellView.decode("cell\tx\tone\t2\n"));
        assertThrows(IllegalArgumentException.class, () -> CellView.decode("cell\tx\t1\t2\nlane\t1\n"));
    }

    @Test
    void shouldShowWhoIsBehindAndWhoIsSilent() {
        final String table = CellTable.render(List.of(LEADER), Map.of("h3:9644", "connection refused"));
        assertTrue(table.contains("3 nodes, 2 lanes, 2 under-replicated, 1 offline; metadata led by node 2"), table);
        assertTrue(table.contains("3     h3:9092                fenced"), table);
        assertTrue(table.matches("(?s).*0     1       4      1,2       1           5,000,000 .*"), table);
        assertTrue(table.matches("(?s).* 2 +\\? +\\? +\\? +2,000 +3\n.*"), table);
        assertTrue(table.matches("(?s).* 3 +\\? +\\? +\\? +4,999,936 +61,000\n.*"), table);
        assertTrue(table.contains("offline"), table);
        assertTrue(table.contains("no answer from h3:9644: connection refused"), table);
    }
}
