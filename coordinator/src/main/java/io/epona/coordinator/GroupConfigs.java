package io.epona.coordinator;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.coordinator.group.GroupConfig;

/**
 * Configuration of single groups (resource type GROUP of Kafka 4.3): which keys there are, which values a node's
 * settings allow, and what counts where nothing is set. Immutable; any thread may call.
 */
public final class GroupConfigs {
    /** Keys of a kind of groups that there are none of. */
    private static final String SHARE_PREFIX = "share.";

    private static final Map<String, ConfigDef.ConfigKey> DEFINITIONS = served();

    private final GroupSettings settings;

    /** Of a node with these settings. */
    public GroupConfigs(final GroupSettings settings) {
        this.settings = settings;
    }

    private static Map<String, ConfigDef.ConfigKey> served() {
        final Map<String, ConfigDef.ConfigKey> served = new TreeMap<>(GroupConfig.CONFIG_DEF.configKeys());
        served.keySet().removeIf(name -> name.startsWith(SHARE_PREFIX));
        return served;
    }

    /** The keys that have an effect, with their definitions, sorted by name. */
    public static Map<String, ConfigDef.ConfigKey> definitions() {
        return DEFINITIONS;
    }

    /**
     * Checks all that is to be set of a group, by Kafka's own rules.
     *
     * @throws InvalidConfigurationException naming what is wrong.
     */
    public void validate(final Map<String, String> configs) {
        for (final String key : configs.keySet()) {
            if (key.startsWith(SHARE_PREFIX) && GroupConfig.configNames().contains(key)) {
                throw new InvalidConfigurationException(
                        key + " has no effect here (there are no share groups): leave it out");
            }
        }
        try {
            GroupConfig.validate(configs, settings.coordinator(), settings.shareGroups());
        } catch (final ConfigException ex) {
            throw new InvalidConfigurationException(ex.getMessage(), ex);
        }
    }

    /** The key of a node's settings that counts where a group's key is not set. */
    public static String nodeKey(final String key) {
        return GroupConfig.brokerSynonym(key).orElseThrow();
    }

    /** What counts on this node where a group's key is not set. */
    public String nodeValue(final String key) {
        return settings.value(nodeKey(key));
    }

    /** Kafka's value for that key of a node's settings. */
    public static String defaultValue(final String key) {
        final ConfigDef.ConfigKey nodeKey = GroupSettings.definitions().get(nodeKey(key));
        return ConfigDef.convertToString(nodeKey.defaultValue, nodeKey.type);
    }

    /** What this node's operator has set where a group's key is not set. */
    public Optional<String> nodeOverride(final String key) {
        return settings.isConfigured(nodeKey(key)) ? Optional.of(nodeValue(key)) : Optional.empty();
    }
}
