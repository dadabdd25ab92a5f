package io.epona.runtime.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Keys as a node might have them, one of each type. */
final class ExampleKeys {
    static final ConfigKey<Integer> NODE_ID =
            ConfigKey.ofInt("node.id").doc("Number of this node.").build();
    static final ConfigKey<HostPort> LISTEN = ConfigKey.ofHostPort("kafka.listen")
            .doc("Where Kafka clients connect.")
            .defaultValue(new HostPort("127.0.0.1", 9092))
            .build();
    static final ConfigKey<Integer> LANES = ConfigKey.ofInt("lane.count")
            .doc("Number of lanes. Each is a log of its own.")
            .defaultValue(Profile.DEDICATED, 4)
            .defaultValue(1)
            .rule(ConfigRule.range(1, 64))
            .build();
    static final ConfigKey<List<Integer>> LANE_CORES = ConfigKey.ofIntList("lane.cores")
            .doc("Cores to which lanes are pinned; none for no pinning.")
            .defaultValue(List.of())
            .build();
    static final ConfigKey<String> LANE_IDLE = ConfigKey.ofString("lane.idle")
            .doc("What a lane does when there is nothing to do.")
            .defaultValue(Profile.DEDICATED, "spin")
            .defaultValue("signalled")
            .rule(ConfigRule.oneOf(io.epona.runtime.IdleStrategies.NAMES))
            .build();
    static final ConfigKey<Path> JOURNAL_DIR = ConfigKey.ofPath("journal.dir")
            .doc("Directory of the journals.")
            .defaultValue(Path.of("data/journal"))
            .build();
    static final ConfigKey<Long> SEGMENT_LENGTH = ConfigKey.ofBytes("journal.segment.length")
            .doc("Length of a segment file.")
            .defaultValue(64L << 20)
            .rule(ConfigRule.powerOfTwo())
            .rule(ConfigRule.sizeRange(1 << 20, 1 << 30))
            .build();
    static final ConfigKey<Long> RING_LENGTH = ConfigKey.ofBytes("ring.length")
            .doc("Length of a lane's log ring.")
            .defaultValue(32L << 20)
            .rule(ConfigRule.powerOfTwo())
            .build();
    static final ConfigKey<Duration> FLUSH_INTERVAL = ConfigKey.ofDuration("shelf.flush-interval")
            .doc("Longest time between flushes.")
            .defaultValue(Duration.ofMillis(250))
            .rule(ConfigRule.durationRange(Duration.ofMillis(1), Duration.ofHours(1)))
            .build();
    static final ConfigKey<Boolean> AUTO_CREATE = ConfigKey.ofBoolean("topic.auto-create")
            .doc("Whether topics are made on first use.")
            .defaultValue(true)
            .build();
    static final ConfigKey<Map<String, String>> TOPIC_DEFAULTS = ConfigKey.ofMap("topic.defaults")
            .doc("Defaults of topic configurations, in Kafka's names.")
            .defaultValue(Map.of("retention.ms", "604800000"))
            .build();
    static final ConfigKey<Optional<String>> RACK =
            ConfigKey.ofString("node.rack").doc("Rack of this node.").buildOptional();
    static final ConfigKey<Long> SEED = ConfigKey.ofLong("seed")
            .doc("Seed | of everything random.")
            .defaultValue(42L)
            .build();

    static final ConfigSchema SCHEMA = ConfigSchema.builder()
            .add(NODE_ID, RACK, LISTEN, LANES, LANE_CORES, LANE_IDLE)
            .add(JOURNAL_DIR, SEGMENT_LENGTH, RING_LENGTH, FLUSH_INTERVAL)
            .add(AUTO_CREATE, TOPIC_DEFAULTS, SEED)
            .check(
                    (config, complaint) -> {
                        if (config.get(RING_LENGTH) > config.get(SEGMENT_LENGTH)) {
                            complaint.add(
                                    RING_LENGTH,
                                    "ring.length is above journal.segment.length: ring.length="
                                            + config.get(RING_LENGTH) + ", journal.segment.length="
                                            + config.get(SEGMENT_LENGTH),
                                    "make the ring no longer than a segment");
                        }
                    },
                    RING_LENGTH,
                    SEGMENT_LENGTH)
            .build();

    private ExampleKeys() {}
}
