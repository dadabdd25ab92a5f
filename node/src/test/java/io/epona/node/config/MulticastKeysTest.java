package io.epona.node.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.runtime.config.ConfigException;
import io.epona.runtime.config.ConfigOverride;
import io.epona.runtime.config.EponaConfig;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MulticastKeysTest {
    private static final String THREE = "cell.members=1@10.0.0.1:9300,2@10.0.0.2:9300,3@10.0.0.3:9300";
    private static final String THREE_BY_IPV6 = "cell.members=1@[fd00::1]:9300,2@[fd00::2]:9300,3@[fd00::3]:9300";

    private static EponaConfig load(final String... settings) {
        return EponaConfig.load(
                NodeSchema.SCHEMA,
                Optional.empty(),
                Stream.of(settings).map(ConfigOverride::ofSet).toList());
    }

    private static String refusal(final String... settings) {
        return assertThrows(ConfigException.class, () -> load(settings)).getMessage();
    }

    @Test
    void shouldSendToEachFollowerAloneUnlessConfigured() {
        assertEquals(Optional.empty(), load(THREE).get(MulticastKeys.REPLICATION_MULTICAST_GROUP));
        assertEquals(1, load(THREE).get(MulticastKeys.REPLICATION_MULTICAST_TTL));
    }

    @ParameterizedTest
    @ValueSource(strings = {"239.192.7.1:9400", "239.255.255.255:9299", "225.0.0.3:9306"})
    void shouldTakeAGroupWhenItIsOne(final String group) {
        assertEquals(
                Optional.of(group),
                load(THREE, "replication.multicast.group=" + group).get(MulticastKeys.REPLICATION_MULTICAST_GROUP));
    }

    @Test
    void shouldTakeAGroupOfIpv6WhenMembersHaveIt() {
        load(THREE_BY_IPV6, "replication.multicast.group=[ff15::7:1]:9400");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "239.192.7.1 | has no port",
                "239.192.7.1:nine | has a port that is not a number",
                "239.192.7.1:0 | the same on all nodes, not 0",
                "239.192.7.1:99999 | outside 0 to 65535",
                "10.0.0.9:9400 | not a multicast address",
                "somewhere:9400 | not a multicast address",
                "239.192.7.2:9400 | is even",
                "224.0.0.1:9400 | the network's own",
                "239.192.7.1:9305 | one of those of a member",
                "[ff15::7:1]:9400 | different versions of IP"
            })
    void shouldRefuseAndNameTheProblemWhenTheGroupIsWrong(final String group, final String problem) {
        final String refusal = refusal(THREE, "replication.multicast.group=" + group);
        assertTrue(refusal.contains(problem), refusal);
    }

    @Test
    void shouldNameAllProblemsAtOnce() {
        final String refusal =
                refusal(THREE, "replication.multicast.group=239.192.7.2:9300", "replication.multicast.ttl=0");
        for (final String problem : new String[] {"is even", "one of those of a member", "replication.multicast.ttl"}) {
            assertTrue(refusal.contains(problem), refusal);
        }
        final String alone = refusal("replication.multicast.group=10.0.0.1:9400");
        assertTrue(alone.contains("nobody to send to") && alone.contains("not a multicast address"), alone);
    }
}
