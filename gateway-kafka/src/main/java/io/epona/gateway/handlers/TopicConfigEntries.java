package io.epona.gateway.handlers;

import io.epona.controller.TopicConfigs;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.ConfigKey;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResourceResult;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsSynonym;
import org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigSource;
import org.apache.kafka.server.config.ServerTopicConfigSynonyms;
import org.apache.kafka.storage.internals.log.LogConfig;

/**
 * A topic's effective configuration as DescribeConfigs shows it: every key that Kafka shows, those that have no effect
 * here as read-only.
 */
final class TopicConfigEntries {
    private static final Map<String, ConfigKey> DEFINITIONS = TopicConfigs.definitions();

    private final Map<String, String> nodeDefaults;
    private final Map<String, String> overrides;
    private final LogConfig effective;

    TopicConfigEntries(TopicConfigs topicConfigs, Map<String, String> overrides) {
        this.nodeDefaults = topicConfigs.nodeDefaults();
        this.overrides = overrides;
        this.effective = topicConfigs.effective(overrides);
    }

    /**
     * Describes.
     *
     * @param keys the keys asked for; null or empty for all.
     */
    List<DescribeConfigsResourceResult> describe(List<String> keys, boolean withSynonyms, boolean withDocumentation) {
        return ConfigEntries.describe(DEFINITIONS, keys, (name, key) -> entry(key, withSynonyms, withDocumentation));
    }

    private DescribeConfigsResourceResult entry(ConfigKey key, boolean withSynonyms, boolean withDocumentation) {
        List<DescribeConfigsSynonym> synonyms = synonyms(key);
        return new DescribeConfigsResourceResult()
                .setName(key.name)
                .setValue(ConfigDef.convertToString(effective.values().get(key.name), key.type))
                .setConfigSource(
                        synonyms.isEmpty()
                                ? ConfigSource.DEFAULT_CONFIG.id()
                                : synonyms.getFirst().source())
                .setReadOnly(!TopicConfigs.settable(key.name))
                .setIsSensitive(false)
                .setConfigType(ConfigTypes.of(key.type).id())
                .setSynonyms(withSynonyms ? synonyms : List.of())
                .setDocumentation(withDocumentation ? key.documentation : null);
    }

    /** Where the value comes from, what counts first: topic, node's configuration, Kafka's default. */
    private List<DescribeConfigsSynonym> synonyms(ConfigKey key) {
        List<DescribeConfigsSynonym> synonyms = new ArrayList<>(3);
        if (overrides.containsKey(key.name)) {
            synonyms.add(ConfigEntries.synonym(key.name, overrides.get(key.name), ConfigSource.TOPIC_CONFIG));
        }
        String serverName = ServerTopicConfigSynonyms.TOPIC_CONFIG_SYNONYMS.get(key.name);
        if (serverName != null) {
            if (nodeDefaults.containsKey(key.name)) {
                synonyms.add(ConfigEntries.synonym(
                        serverName, nodeDefaults.get(key.name), ConfigSource.STATIC_BROKER_CONFIG));
            }
            if (key.hasDefault()) {
                String value = ConfigDef.convertToString(key.defaultValue, key.type);
                synonyms.add(ConfigEntries.synonym(serverName, value, ConfigSource.DEFAULT_CONFIG));
            }
        }
        return synonyms;
    }
}
