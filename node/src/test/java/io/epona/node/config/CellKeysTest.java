package io.epona.node.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.runtime.config.ConfigException;
import io.epona.runtime.config.ConfigOverride;
import io.epona.runtime.config.EponaConfig;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CellKeysTest {
    private static final String THREE = "cell.members=1@10.0.0.1:9300,2@10.0.0.2:9300,3@10.0.0.3:9300";

    @Test
    void shouldHaveOneLaneForEachNodeWhenACellHasSeveral() {
        final EponaConfig config = load(THREE, "node.id=2");
        assertEquals(3, CellKeys.laneCount(config));
        assertEquals(
                List.of(1, 2, 3),
                CellKeys.members(config).stream().map(CellMember::nodeId).toList());
    }

    @Test
    void shouldHaveOneLaneWhenTheNodeIsAlone() {
        assertEquals(1, CellKeys.laneCount(load("node.id=7")));
        assertEquals(2, CellKeys.laneCount(load("profile=dedicated")));
        assertEquals(5, CellKeys.laneCount(load("lane.count=5")));
    }

    @Test
    void shouldSayHowManyMayBeAwayWhenTheCellHasSeveralNodes() {
        assertTrue(CellKeys.promise(load(THREE)).orElseThrow().contains("needs 2 in-sync replicas"));
        assertTrue(CellKeys.promise(load(THREE)).orElseThrow().contains("while 1 node is away"));
        assertTrue(CellKeys.promise(load(THREE, "topic.config.min.insync.replicas=3"))
                .orElseThrow()
                .contains("while no node is away"));
        assertEquals(Optional.empty(), CellKeys.promise(load("node.id=7")));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "cell.members=1@a:9300,2@b:9300 | a cell has 3 or 5 nodes, not 2",
                "cell.members=1@a:9300,1@b:9300,2@c:9300 | two members have one id",
                "cell.members=1@a:9300,2@a:9305,3@c:9300 | overlap",
                "cell.members=1@a:9300,2@b:9300,3 | is not written id@host:port",
                "cell.members=1@a:9300,2@b:9300,99@c:9300 | has an id above 31",
                "cell.members=1@a:9300,2@b:0,3@c:9300 | needs a fixed port",
                "cell.members=4@a:9300,2@b:9300,3@c:9300 | this node is no member of its cell: node.id=1"
            })
    void shouldRefuseAndNameTheProblemWhenMembersAreWrong(final String setting, final String problem) {
        final ConfigException refusal = assertThrows(ConfigException.class, () -> load(setting));
        assertTrue(refusal.getMessage().contains(problem), refusal.getMessage());
    }

    private static EponaConfig load(final String... settings) {
        return EponaConfig.load(
                NodeSchema.SCHEMA,
                Optional.empty(),
                Stream.of(settings).map(ConfigOverride::ofSet).toList());
    }
}
