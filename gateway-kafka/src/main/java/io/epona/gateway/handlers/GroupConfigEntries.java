package io.epona.gateway.handlers;

import io.epona.coordinator.GroupConfigs;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.ConfigDef.ConfigKey;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResourceResult;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsSynonym;
import org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigSource;

/** A single group's effective configuration as DescribeConfigs shows it: every key that has an effect. */
final class GroupConfigEntries {
    private final GroupConfigs groupConfigs;
    private final Map<String, String> overrides;

    GroupConfigEntries(GroupConfigs groupConfigs, Map<String, String> overrides) {
        this.groupConfigs = groupConfigs;
        this.overrides = overrides;
    }

    /**
     * Describes.
     *
     * @param keys the keys asked for; null or empty for all.
     */
    List<DescribeConfigsResourceResult> describe(List<String> keys, boolean withSynonyms, boolean withDocumentation) {
        return ConfigEntries.describe(
                GroupConfigs.definitions(), keys, (name, key) -> entry(key, withSynonyms, withDocumentation));
    }

    private DescribeConfigsResourceResult entry(ConfigKey key, boolean withSynonyms, boolean withDocumentation) {
        List<DescribeConfigsSynonym> synonyms = synonyms(key.name);
        return new DescribeConfigsResourceResult()
                .setName(key.name)
                .setValue(synonyms.getFirst().value())
                .setConfigSource(synonyms.getFirst().source())
                .setReadOnly(false)
                .setIsSensitive(false)
                .setConfigType(ConfigTypes.of(key.type).id())
                .setSynonyms(withSynonyms ? synonyms : List.of())
                .setDocumentation(withDocumentation ? key.documentation : null);
    }

    /** Where the value comes from, what counts first: group, node's configuration, Kafka's default. */
    private List<DescribeConfigsSynonym> synonyms(String name) {
        List<DescribeConfigsSynonym> synonyms = new ArrayList<>(3);
        if (overrides.containsKey(name)) {
            synonyms.add(ConfigEntries.synonym(name, overrides.get(name), ConfigSource.GROUP_CONFIG));
        }
        String nodeKey = GroupConfigs.nodeKey(name);
        groupConfigs
                .nodeOverride(name)
                .ifPresent(value ->
                        synonyms.add(ConfigEntries.synonym(nodeKey, value, ConfigSource.STATIC_BROKER_CONFIG)));
        synonyms.add(ConfigEntries.synonym(nodeKey, GroupConfigs.defaultValue(name), ConfigSource.DEFAULT_CONFIG));
        return synonyms;
    }
}
