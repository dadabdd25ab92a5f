package io.epona.coordinator;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.coordinator.group.GroupCoordinatorConfig;
import org.apache.kafka.coordinator.group.modern.share.ShareGroupConfig;

/**
 * How groups are coordinated, by Kafka's names of the keys and parsed by Kafka. A key that has no effect here is
 * refused with the reason. Immutable.
 */
public final class GroupSettings {
    /** Threads that run coordinators where nothing is said: few cores are shared with all else. */
    public static final Map<String, String> SHARED_DEFAULTS = Map.of(
            GroupCoordinatorConfig.GROUP_COORDINATOR_NUM_THREADS_CONFIG, "2",
            GroupCoordinatorConfig.GROUP_COORDINATOR_NUM_BACKGROUND_THREADS_CONFIG, "1");

    private static final Map<String, String> REASONS = Map.of(
            GroupCoordinatorConfig.OFFSETS_TOPIC_REPLICATION_FACTOR_CONFIG,
            "a cell replicates every topic to all its nodes");

    /** Settings of a kind of groups that there are none of. */
    private static final String SHARE_PREFIX = "group.share.";

    private final AbstractConfig values;
    private final GroupCoordinatorConfig coordinator;
    private final ShareGroupConfig shareGroups;

    private GroupSettings(final AbstractConfig values) {
        this.values = values;
        this.coordinator = new GroupCoordinatorConfig(values);
        this.shareGroups = new ShareGroupConfig(values);
    }

    /**
     * Parses.
     *
     * @param configured keys and values; what is absent has its default.
     * @param defaults that differ from Kafka's.
     * @throws ConfigException naming the key that is wrong, and why.
     */
    public static GroupSettings of(final Map<String, String> configured, final Map<String, String> defaults) {
        for (final String key : configured.keySet()) {
            requireServed(key);
        }
        final Map<String, String> all = new HashMap<>(defaults);
        all.putAll(configured);
        return new GroupSettings(new AbstractConfig(definition(), all, false));
    }

    /** What is wrong with settings, one sentence for each key; empty when nothing is. */
    public static List<String> problems(final Map<String, String> configured) {
        final List<String> problems = new ArrayList<>();
        for (final String key : configured.keySet()) {
            try {
                requireServed(key);
            } catch (final ConfigException ex) {
                problems.add(ex.getMessage());
            }
        }
        if (problems.isEmpty()) {
            try {
                of(configured, Map.of());
            } catch (final ConfigException | IllegalArgumentException ex) {
                problems.add(ex.getMessage());
            }
        }
        return problems;
    }

    /** The keys that have an effect, with their definitions, sorted by name. */
    public static Map<String, ConfigDef.ConfigKey> definitions() {
        final Map<String, ConfigDef.ConfigKey> served = new TreeMap<>();
        GroupCoordinatorConfig.CONFIG_DEF.configKeys().forEach((name, key) -> {
            if (!key.internalConfig && !name.startsWith(SHARE_PREFIX) && !REASONS.containsKey(name)) {
                served.put(name, key);
            }
        });
        return served;
    }

    private static void requireServed(final String key) {
        if (definitions().containsKey(key)) {
            return;
        }
        final String reason = REASONS.get(key);
        if (reason != null) {
            throw new ConfigException(key + " has no effect here (" + reason + "): leave it out");
        }
        if (key.startsWith(SHARE_PREFIX)) {
            throw new ConfigException(key + " has no effect here (there are no share groups): leave it out");
        }
        throw new ConfigException("unknown key of group coordination: " + key);
    }

    /** Share groups are not served, but the coordinator wants their settings all the same. */
    private static ConfigDef definition() {
        final ConfigDef definition = new ConfigDef(GroupCoordinatorConfig.CONFIG_DEF);
        final Set<String> present = definition.names();
        ShareGroupConfig.CONFIG_DEF.configKeys().values().stream()
                .filter(key -> !present.contains(key.name))
                .forEach(definition::define);
        return definition;
    }

    /** Partitions of the topic that has the groups' state, when it is made. */
    public int topicPartitionCount() {
        return values.getInt(GroupCoordinatorConfig.OFFSETS_TOPIC_PARTITIONS_CONFIG);
    }

    /** The value that counts, in the form in which it is configured. */
    String value(final String key) {
        return ConfigDef.convertToString(values.values().get(key), values.typeOf(key));
    }

    /** Whether the value was set, and is not just the default. */
    boolean isConfigured(final String key) {
        return values.originals().containsKey(key);
    }

    /** Bytes of a segment of that topic. */
    int topicSegmentLength() {
        return coordinator.offsetsTopicSegmentBytes();
    }

    /** Bytes read from files at a time when a coordinator is loaded. */
    int loadBufferLength() {
        return values.getInt(GroupCoordinatorConfig.OFFSETS_LOAD_BUFFER_SIZE_CONFIG);
    }

    GroupCoordinatorConfig coordinator() {
        return coordinator;
    }

    ShareGroupConfig shareGroups() {
        return shareGroups;
    }
}
