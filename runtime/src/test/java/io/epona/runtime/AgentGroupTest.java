package io.epona.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.status.CountersReader;
import org.junit.jupiter.api.Test;

class AgentGroupTest {
    private static AgentGroup group(final String... names) {
        return new AgentGroup(Stream.of(names).map(AgentGroupTest::agent).toList());
    }

    private static Agent agent(final String name) {
        return new Agent() {
            @Override
            public int doWork() {
                return 1;
            }

            @Override
            public String roleName() {
                return name;
            }
        };
    }

    @Test
    void shouldBearTheNamesOfAllAndTellNumberedOnesAsARange() {
        assertEquals("[sender,gateway-0]", group("sender", "gateway-0").roleName());
        assertEquals(
                "[receiver,lane-0..2,sender,gateway-0]",
                group("receiver", "lane-0", "lane-1", "lane-2", "sender", "gateway-0")
                        .roleName());
        assertEquals("[lane-9..10]", group("lane-9", "lane-10").roleName());
        assertEquals(
                "[lane-0,lane-2,lane-1]", group("lane-0", "lane-2", "lane-1").roleName());
        assertEquals("[lane-0,gateway-1]", group("lane-0", "gateway-1").roleName());
    }

    @Test
    void shouldHaveANameThatFitsACounterWhenThereAreManyLanes() {
        final List<String> names = new ArrayList<>(List.of("replication-receiver"));
        IntStream.range(0, 64).forEach(lane -> names.add("lane-" + lane));
        names.addAll(List.of("replication-sender", "coordinator-appends", "gateway-0"));
        final AgentGroup group = group(names.toArray(String[]::new));
        assertTrue(group.roleName().length() < CountersReader.MAX_KEY_LENGTH - 8, group.roleName());
        assertEquals(
                "[replication-receiver,lane-0..63,replication-sender,coordinator-appends,gateway-0]", group.roleName());
    }

    @Test
    void shouldRunAllInEachCycle() throws Exception {
        assertEquals(3, group("one", "two", "three").doWork());
    }
}
