package io.epona.node.config;

import static io.epona.node.config.Sizes.GIB;
import static io.epona.node.config.Sizes.KIB;
import static io.epona.node.config.Sizes.MIB;

import io.epona.runtime.config.ConfigKey;
import io.epona.runtime.config.ConfigRule;
import java.time.Duration;

/** How the partition logs are filled and flushed, and how they are read by fetches. */
public final class LogKeys {
    /** Age of a drain. */
    public static final ConfigKey<Duration> LOG_DRAIN_AGE = ConfigKey.ofDuration("log.drain.age")
            .doc("Records are put into their partition logs when they are so old, or when they fill a quarter of the"
                    + " log ring; until then they are read from memory.")
            .defaultValue(Duration.ofSeconds(1))
            .rule(ConfigRule.durationRange(Duration.ZERO, Duration.ofHours(1)))
            .build();

    /** Age of a drain of many small logs. */
    public static final ConfigKey<Duration> LOG_DRAIN_MAX_AGE = ConfigKey.ofDuration("log.drain.max-age")
            .doc("As log.drain.age, where many partitions have little each: they wait until half of the log ring is"
                    + " full, or for so long.")
            .defaultValue(Duration.ofMinutes(5))
            .rule(ConfigRule.durationRange(Duration.ZERO, Duration.ofHours(24)))
            .build();

    /** Pace of such drains. */
    public static final ConfigKey<Integer> LOG_DRAIN_RATE = ConfigKey.ofInt("log.drain.rate")
            .doc("Where many partitions have little each: partition logs appended to in a second while the log ring"
                    + " has room. A log that must be opened counts for four.")
            .defaultValue(2_000)
            .rule(ConfigRule.range(1, 1_000_000))
            .build();

    /** Time for drains at a stop. */
    public static final ConfigKey<Duration> LOG_DRAIN_STOP_TIME = ConfigKey.ofDuration("log.drain.stop-time")
            .doc("Time that a stop gives to putting records into partition logs; the rest stays in the journal.")
            .defaultValue(Duration.ofSeconds(1))
            .rule(ConfigRule.durationRange(Duration.ZERO, Duration.ofSeconds(10)))
            .build();

    /** Bytes between flushes. */
    public static final ConfigKey<Long> LOG_FLUSH_LENGTH = ConfigKey.ofBytes("log.flush.length")
            .doc("Partition logs are flushed when so much is in them unflushed; at most an eighth of the journal.")
            .defaultValue(64 * MIB)
            .rule(ConfigRule.sizeRange(KIB, 64 * GIB))
            .build();

    /** Time between flushes. */
    public static final ConfigKey<Duration> LOG_FLUSH_INTERVAL = ConfigKey.ofDuration("log.flush.interval")
            .doc("Partition logs are flushed at least so often, when anything is in them unflushed.")
            .defaultValue(Duration.ofSeconds(30))
            .rule(ConfigRule.durationRange(Duration.ofMillis(1), Duration.ofHours(24)))
            .build();

    /** Pace of write-back. */
    public static final ConfigKey<Long> LOG_FLUSH_WRITE_BACK_RATE = ConfigKey.ofBytes("log.flush.write-back-rate")
            .doc("Bytes a second that a flush writes back before it waits for the device; more when it is urgent.")
            .defaultValue(64 * MIB)
            .rule(ConfigRule.sizeRange(KIB, 64 * GIB))
            .build();

    /** Pace of syncs. */
    public static final ConfigKey<Integer> LOG_FLUSH_RATE = ConfigKey.ofInt("log.flush.rate")
            .doc("Partition logs flushed in a second; more when it is urgent.")
            .defaultValue(100)
            .rule(ConfigRule.range(1, 1_000_000))
            .build();

    /** Pace of looks for logs to compact. */
    public static final ConfigKey<Duration> LOG_CLEANER_INTERVAL = ConfigKey.ofDuration("log.cleaner.interval")
            .doc("How often compacted topics' logs are looked at for whether they need cleaning"
                    + " (Kafka's log.cleaner.backoff.ms).")
            .defaultValue(Duration.ofSeconds(15))
            .rule(ConfigRule.durationRange(Duration.ofMillis(10), Duration.ofDays(1)))
            .build();

    /** Memory of the cleaner. */
    public static final ConfigKey<Long> LOG_CLEANER_MAP_LENGTH = ConfigKey.ofBytes("log.cleaner.map.length")
            .doc("Memory for the keys of one round of cleaning, 24 bytes a key, taken while a log is cleaned; more keys"
                    + " take several rounds (Kafka's log.cleaner.dedupe.buffer.size).")
            .defaultValue(16 * MIB)
            .rule(ConfigRule.sizeRange(64 * KIB, GIB))
            .build();

    /** Pace of cleaning. */
    public static final ConfigKey<Long> LOG_CLEANER_RATE = ConfigKey.ofBytes("log.cleaner.rate")
            .doc("Bytes a second that cleaning reads and writes (Kafka's log.cleaner.io.max.bytes.per.second).")
            .defaultValue(32 * MIB)
            .rule(ConfigRule.sizeRange(KIB, 64 * GIB))
            .build();

    /** Longest response. */
    public static final ConfigKey<Long> FETCH_MAX_RESPONSE_LENGTH = ConfigKey.ofBytes("fetch.max-response.length")
            .doc("Most bytes of records in one fetch response, unless a single batch is longer"
                    + " (Kafka's fetch.max.bytes).")
            .defaultValue(55 * MIB)
            .rule(ConfigRule.sizeRange(KIB, GIB))
            .build();

    /** Memory of a response. */
    public static final ConfigKey<Long> FETCH_MAX_MEMORY_LENGTH = ConfigKey.ofBytes("fetch.max-memory.length")
            .doc("Most bytes of records that one fetch response copies out of the log ring; the rest comes with the"
                    + " next fetch.")
            .defaultValue(4 * MIB)
            .rule(ConfigRule.sizeRange(KIB, GIB))
            .build();

    /** Bytes on their way. */
    public static final ConfigKey<Long> FETCH_MAX_OUTBOUND_LENGTH = ConfigKey.ofBytes("fetch.max-outbound.length")
            .doc("Bytes of one gateway thread that clients have not taken yet; above it fetches get little, above twice"
                    + " that they wait.")
            .defaultValue(64 * MIB)
            .rule(ConfigRule.sizeRange(KIB, 64 * GIB))
            .build();

    /** Sessions. */
    public static final ConfigKey<Integer> FETCH_MAX_SESSIONS = ConfigKey.ofInt("fetch.max-sessions")
            .doc("Incremental fetch sessions of each gateway thread"
                    + " (Kafka's max.incremental.fetch.session.cache.slots).")
            .defaultValue(1_000)
            .rule(ConfigRule.range(0, 1_000_000))
            .build();

    /** Eviction of sessions. */
    public static final ConfigKey<Duration> FETCH_SESSION_EVICTION = ConfigKey.ofDuration("fetch.session.eviction")
            .doc("A fetch session that was not used for so long may make room for another.")
            .defaultValue(Duration.ofMinutes(2))
            .rule(ConfigRule.durationRange(Duration.ofMillis(1), Duration.ofHours(24)))
            .build();

    private LogKeys() {}
}
