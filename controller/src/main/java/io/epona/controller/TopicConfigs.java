package io.epona.controller;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.storage.internals.log.LogConfig;

/**
 * Which topic configuration keys have an effect, what values they may have, and the defaults of this node. Values are
 * parsed by Kafka's {@link LogConfig}; a key that Kafka knows but that has no effect here is refused with the remedy,
 * because a setting that is silently ignored is worse than one that is refused. Immutable.
 */
public final class TopicConfigs {
    /** Keys with their full effect. */
    public static final Set<String> SERVED = Set.of(
            TopicConfig.MAX_MESSAGE_BYTES_CONFIG,
            TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG,
            TopicConfig.MESSAGE_TIMESTAMP_BEFORE_MAX_MS_CONFIG,
            TopicConfig.MESSAGE_TIMESTAMP_AFTER_MAX_MS_CONFIG,
            TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG,
            TopicConfig.CLEANUP_POLICY_CONFIG,
            TopicConfig.RETENTION_MS_CONFIG,
            TopicConfig.RETENTION_BYTES_CONFIG,
            TopicConfig.MIN_CLEANABLE_DIRTY_RATIO_CONFIG,
            TopicConfig.MIN_COMPACTION_LAG_MS_CONFIG,
            TopicConfig.MAX_COMPACTION_LAG_MS_CONFIG,
            TopicConfig.DELETE_RETENTION_MS_CONFIG,
            TopicConfig.SEGMENT_BYTES_CONFIG,
            TopicConfig.SEGMENT_MS_CONFIG,
            TopicConfig.SEGMENT_JITTER_MS_CONFIG,
            TopicConfig.SEGMENT_INDEX_BYTES_CONFIG,
            TopicConfig.INDEX_INTERVAL_BYTES_CONFIG,
            TopicConfig.FILE_DELETE_DELAY_MS_CONFIG,
            TopicConfig.PREALLOCATE_CONFIG);

    /** Keys of which one value describes what Epona does; another value is refused. */
    private static final Map<String, String> FIXED_VALUES = Map.of(
            TopicConfig.COMPRESSION_TYPE_CONFIG, "producer",
            TopicConfig.UNCLEAN_LEADER_ELECTION_ENABLE_CONFIG, "false",
            TopicConfig.REMOTE_LOG_STORAGE_ENABLE_CONFIG, "false");

    /** Why a key that Kafka has is refused, where there is more to say than to leave it out. */
    private static final Map<String, String> REASONS = Map.of(
            TopicConfig.FLUSH_MESSAGES_INTERVAL_CONFIG, "every acknowledged record is on the device already",
            TopicConfig.FLUSH_MS_CONFIG, "every acknowledged record is on the device already");

    private final Map<String, String> nodeDefaults;
    private final LogConfig defaultConfig;

    /**
     * Checks the node's defaults by the same rules as a topic's own values.
     *
     * @param nodeDefaults topic configuration keys to this node's defaults.
     * @throws InvalidConfigurationException naming the key that is wrong and the remedy.
     */
    public TopicConfigs(Map<String, String> nodeDefaults) {
        validate(nodeDefaults);
        this.nodeDefaults = Map.copyOf(nodeDefaults);
        this.defaultConfig = LogConfig.fromProps(this.nodeDefaults, new Properties());
    }

    /**
     * The configuration of topics that override nothing.
     *
     * @return always the same object.
     */
    public LogConfig defaults() {
        return defaultConfig;
    }

    /**
     * The defaults with a topic's own values on top.
     *
     * @param overrides values that {@link #validate} accepts.
     * @return the effective configuration.
     */
    public LogConfig effective(Map<String, String> overrides) {
        if (overrides.isEmpty()) {
            return defaultConfig;
        }
        Properties properties = new Properties();
        properties.putAll(overrides);
        return LogConfig.fromProps(nodeDefaults, properties);
    }

    /**
     * What this node sets differently from Kafka's defaults.
     *
     * @return key to value, unmodifiable.
     */
    public Map<String, String> nodeDefaults() {
        return nodeDefaults;
    }

    /**
     * Every topic key that Kafka shows, with its definition, sorted by name.
     *
     * @return the definitions.
     */
    public static Map<String, ConfigDef.ConfigKey> definitions() {
        Map<String, ConfigDef.ConfigKey> definitions = new TreeMap<>();
        LogConfig.configKeys().forEach((name, key) -> {
            if (!key.internalConfig) {
                definitions.put(name, key);
            }
        });
        return definitions;
    }

    /**
     * Whether a topic may set the key at all.
     *
     * @param key name of the key.
     * @return true when some value of it is accepted.
     */
    public static boolean settable(String key) {
        return SERVED.contains(key) || FIXED_VALUES.containsKey(key);
    }

    /**
     * Checks a topic's own configuration.
     *
     * @param configs key to value.
     * @throws InvalidConfigurationException naming the key that is wrong and the remedy.
     */
    public void validate(Map<String, String> configs) {
        check(configs);
    }

    /**
     * What is wrong with a node's defaults.
     *
     * @param configs key to value.
     * @return a sentence for each key that is wrong by itself, else one for what does not go together; empty when
     *     nothing is wrong.
     */
    public static List<String> problems(Map<String, String> configs) {
        List<String> problems = new ArrayList<>();
        new TreeMap<>(configs)
                .forEach((key, value) -> problemOf(Map.of(key, value)).ifPresent(problems::add));
        if (problems.isEmpty()) {
            problemOf(configs).ifPresent(problems::add);
        }
        return problems;
    }

    private static Optional<String> problemOf(Map<String, String> configs) {
        try {
            check(configs);
            return Optional.empty();
        } catch (InvalidConfigurationException e) {
            return Optional.of(e.getMessage());
        }
    }

    private static void check(Map<String, String> configs) {
        for (Map.Entry<String, String> entry : new LinkedHashMap<>(configs).entrySet()) {
            requireServed(entry.getKey(), entry.getValue());
        }
        try {
            LogConfig.validate(new HashMap<>(configs));
        } catch (ConfigException e) {
            throw new InvalidConfigurationException(e.getMessage(), e);
        }
    }

    private static void requireServed(String key, String value) {
        if (value == null) {
            throw new InvalidConfigurationException(
                    "Null value not supported for topic configs: " + key + "; leave it out to have the default");
        }
        String fixed = FIXED_VALUES.get(key);
        if (fixed != null && !fixed.equals(value.trim())) {
            throw new InvalidConfigurationException("Topic configuration " + key + "=" + value
                    + " is not served: the only value that has an effect is " + fixed
                    + "; set that or leave the key out");
        }
        if (fixed != null || SERVED.contains(key)) {
            return;
        }
        if (LogConfig.configKeys().containsKey(key)) {
            throw new InvalidConfigurationException("Topic configuration " + key + " has no effect here"
                    + (REASONS.containsKey(key) ? " (" + REASONS.get(key) + ")" : "") + ": leave it out");
        }
        throw new InvalidConfigurationException("Unknown topic config name: " + key);
    }
}
