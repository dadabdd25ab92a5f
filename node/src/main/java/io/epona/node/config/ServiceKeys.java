package io.epona.node.config;

import static io.epona.node.config.Sizes.GIB;
import static io.epona.node.config.Sizes.KIB;
import static io.epona.node.config.Sizes.MIB;

import io.epona.runtime.config.ConfigKey;
import io.epona.runtime.config.ConfigRule;
import io.epona.runtime.config.HostPort;
import io.epona.runtime.config.Profile;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/** Keys of what a node offers: its identity, its listeners, the Kafka gateway, topics. */
public final class ServiceKeys {
    /** Node id. */
    public static final ConfigKey<Integer> NODE_ID = ConfigKey.ofInt("node.id")
            .doc("Number of the node; the broker id that Kafka clients see. A data directory keeps the one it was"
                    + " made with.")
            .defaultValue(1)
            .rule(ConfigRule.range(0, 65_535))
            .build();

    /** Kafka listener. */
    public static final ConfigKey<HostPort> KAFKA_LISTEN = ConfigKey.ofHostPort("kafka.listen")
            .doc("Address of the Kafka listener; port 0 takes any free one.")
            .defaultValue(new HostPort("127.0.0.1", 9092))
            .build();

    /** Advertised address. */
    public static final ConfigKey<Optional<HostPort>> KAFKA_ADVERTISED = ConfigKey.ofHostPort("kafka.advertised")
            .doc("Address that clients are told to connect to; empty: the listener's.")
            .buildOptional();

    /** Metrics listener. */
    public static final ConfigKey<HostPort> METRICS_LISTEN = ConfigKey.ofHostPort("metrics.listen")
            .doc("Address of the metrics server (/metrics, /health, /stages, /breaches); port 0 takes any free one.")
            .defaultValue(new HostPort("127.0.0.1", 9644))
            .build();

    /** Gateway threads. */
    public static final ConfigKey<Integer> GATEWAY_THREADS = ConfigKey.ofInt("gateway.threads")
            .doc("Threads that serve Kafka connections.")
            .defaultValue(1)
            .rule(ConfigRule.range(1, 62))
            .build();

    /** Longest request. */
    public static final ConfigKey<Long> GATEWAY_MAX_REQUEST_LENGTH = ConfigKey.ofBytes("gateway.max-request.length")
            .doc("Longest request accepted (Kafka's socket.request.max.bytes).")
            .defaultValue(Profile.SHARED, 32 * MIB)
            .defaultValue(Profile.DEDICATED, 100 * MIB)
            .rule(ConfigRule.sizeRange(KIB, GIB))
            .build();

    /** Memory for requests. */
    public static final ConfigKey<Long> GATEWAY_IN_FLIGHT_LENGTH = ConfigKey.ofBytes("gateway.max-in-flight.length")
            .doc("Bytes of requests, whole or in part, that one gateway thread holds"
                    + " (Kafka's queued.max.request.bytes).")
            .defaultValue(Profile.SHARED, 48 * MIB)
            .defaultValue(Profile.DEDICATED, 256 * MIB)
            .rule(ConfigRule.sizeRange(KIB, 64 * GIB))
            .build();

    /** Connections. */
    public static final ConfigKey<Integer> GATEWAY_MAX_CONNECTIONS = ConfigKey.ofInt("gateway.max-connections")
            .doc("Connections of each gateway thread; further ones are closed at once.")
            .defaultValue(10_000)
            .rule(ConfigRule.range(1, 1_000_000))
            .build();

    /** Idle time. */
    public static final ConfigKey<Duration> GATEWAY_MAX_IDLE = ConfigKey.ofDuration("gateway.connection.max-idle")
            .doc("A connection without traffic for this long is closed (Kafka's connections.max.idle.ms).")
            .defaultValue(Duration.ofMinutes(10))
            .rule(ConfigRule.durationRange(Duration.ofMillis(100), Duration.ofDays(30)))
            .build();

    /** Time for a request to arrive. */
    public static final ConfigKey<Duration> GATEWAY_RECEIVE_TIMEOUT = ConfigKey.ofDuration("gateway.receive.timeout")
            .doc("Time for a request that has begun to arrive, besides what its length needs.")
            .defaultValue(Duration.ofSeconds(30))
            .rule(ConfigRule.durationRange(Duration.ofMillis(100), Duration.ofHours(1)))
            .build();

    /** Pipelining. */
    public static final ConfigKey<Integer> GATEWAY_PIPELINED = ConfigKey.ofInt("gateway.max-pipelined-requests")
            .doc("Produce requests of one connection that may be in progress at a time.")
            .defaultValue(16)
            .rule(ConfigRule.range(1, 1_024))
            .build();

    /** Native transport. */
    public static final ConfigKey<Boolean> GATEWAY_NATIVE = ConfigKey.ofBoolean("gateway.native-transport")
            .doc("Use epoll directly where it can be; otherwise, and if false, Java's own selector.")
            .defaultValue(true)
            .build();

    /** Default number of partitions. */
    public static final ConfigKey<Integer> TOPIC_PARTITIONS = ConfigKey.ofInt("topic.partitions")
            .doc("Partitions of a topic that is made without a number (Kafka's num.partitions).")
            .defaultValue(1)
            .rule(ConfigRule.range(1, 100_000))
            .build();

    /** Auto-creation. */
    public static final ConfigKey<Boolean> TOPIC_AUTO_CREATE = ConfigKey.ofBoolean("topic.auto-create")
            .doc("Make a topic when a client asks for one that is not there (Kafka's auto.create.topics.enable).")
            .defaultValue(true)
            .build();

    /** Partition limit. */
    public static final ConfigKey<Integer> TOPIC_MAX_PARTITIONS = ConfigKey.ofInt("topic.max-partitions")
            .doc("Partitions that may exist on the node at one time.")
            .defaultValue(200_000)
            .rule(ConfigRule.range(1, 10_000_000))
            .build();

    /** Topic configuration defaults. */
    public static final ConfigKey<Map<String, String>> TOPIC_CONFIG = ConfigKey.ofMap("topic.config")
            .doc("Defaults of topic configuration, by Kafka's topic-level names, for example retention.ms.")
            .defaultValue(Map.of())
            .build();

    /** Settings of groups. */
    public static final ConfigKey<Map<String, String>> GROUP_CONFIG = ConfigKey.ofMap("group.config")
            .doc("How consumer groups are coordinated, by Kafka's names, for example offsets.retention.minutes.")
            .defaultValue(Map.of())
            .build();

    /** Settings of transactions. */
    public static final ConfigKey<Map<String, String>> TRANSACTION_CONFIG = ConfigKey.ofMap("transaction.config")
            .doc("How transactions are coordinated, by Kafka's names, for example transaction.max.timeout.ms.")
            .defaultValue(Map.of())
            .build();

    private ServiceKeys() {}
}
