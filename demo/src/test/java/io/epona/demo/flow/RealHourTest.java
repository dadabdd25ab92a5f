package io.epona.demo.flow;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.epona.codec.orderflow.EventType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Reads a real hour where it is at hand: it is not ours to ship. */
@Timeout(60)
class RealHourTest {
    private static final Path FILE = Path.of("../../shared/data/AAPL_2012-06-21_34200000_37800000_message_50.csv.gz");

    @Test
    void shouldReadEveryEventWhenRealHourIsAtHand() throws Exception {
        assumeTrue(
                Files.isReadable(FILE),
                "skipped: no real data in " + FILE.toAbsolutePath().normalize());
        final Map<EventType, Integer> counts = new EnumMap<>(EventType.class);
        long lastNs = 0;
        try (LobsterFile flow = LobsterFile.open(FILE)) {
            assertEquals("AAPL", flow.symbol());
            for (FlowEvent event = flow.next(); event != null; event = flow.next()) {
                counts.merge(event.type(), 1, Integer::sum);
                assertTrue(event.exchangeTimeNs() >= lastNs);
                lastNs = event.exchangeTimeNs();
            }
        }
        assertEquals(
                Map.of(
                        EventType.NEW_LIMIT_ORDER, 44_256,
                        EventType.PARTIAL_CANCEL, 469,
                        EventType.DELETE, 41_004,
                        EventType.VISIBLE_EXECUTION, 4_067,
                        EventType.HIDDEN_EXECUTION, 2_201),
                counts);
        assertEquals(37_799_837_450_000L, lastNs);
    }
}
