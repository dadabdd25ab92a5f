package io.epona.gateway.handlers;

import io.epona.controller.ClusterController;
import io.epona.controller.ClusterImage;
import io.epona.controller.TopicConfigs;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.ConfigKey;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResourceResult;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsSynonym;
import org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigSource;
import org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigType;
import org.apache.kafka.server.config.ServerLogConfigs;
import org.apache.kafka.server.config.ServerTopicConfigSynonyms;
import org.apache.kafka.storage.internals.log.LogConfig;

/**
 * A broker's effective configuration as DescribeConfigs shows it, read-only: the node's own keys, and under Kafka's
 * names those that tools look for.
 */
final class BrokerConfigEntries {
    private static final Map<String, ConfigKey> KAFKA_KEYS = LogConfig.SERVER_CONFIG_DEF.configKeys();

    private final Map<String, String> values = new TreeMap<>();

    BrokerConfigEntries(ClusterController controller, ClusterImage image, int brokerId) {
        TopicConfigs topicConfigs = controller.topicConfigs();
        for (String key : TopicConfigs.SERVED) {
            String serverName = ServerTopicConfigSynonyms.TOPIC_CONFIG_SYNONYMS.get(key);
            if (serverName != null) {
                ConfigDef.Type type = LogConfig.configKeys().get(key).type;
                values.put(
                        serverName,
                        ConfigDef.convertToString(
                                topicConfigs.defaults().values().get(key), type));
            }
        }
        values.put("node.id", Integer.toString(brokerId));
        values.put("broker.id", Integer.toString(brokerId));
        values.put(
                ServerLogConfigs.NUM_PARTITIONS_CONFIG,
                Integer.toString(controller.topicDefaults().partitionCount()));
        values.put(
                ServerLogConfigs.AUTO_CREATE_TOPICS_ENABLE_CONFIG,
                Boolean.toString(controller.topicDefaults().autoCreate()));
        values.put(
                "default.replication.factor",
                Integer.toString(Math.max(1, image.brokers().size())));
        values.putAll(controller.brokerConfig(brokerId));
    }

    /**
     * Describes.
     *
     * @param keys the keys asked for; null or empty for all.
     */
    List<DescribeConfigsResourceResult> describe(List<String> keys, boolean withSynonyms, boolean withDocumentation) {
        return ConfigEntries.describe(
                values, keys, (name, value) -> entry(name, value, withSynonyms, withDocumentation));
    }

    private static DescribeConfigsResourceResult entry(
            String name, String value, boolean withSynonyms, boolean withDocumentation) {
        ConfigKey kafkaKey = KAFKA_KEYS.get(name);
        DescribeConfigsSynonym synonym = ConfigEntries.synonym(name, value, ConfigSource.STATIC_BROKER_CONFIG);
        return new DescribeConfigsResourceResult()
                .setName(name)
                .setValue(value)
                .setConfigSource(synonym.source())
                .setReadOnly(true)
                .setIsSensitive(false)
                .setConfigType(
                        kafkaKey == null
                                ? ConfigType.STRING.id()
                                : ConfigTypes.of(kafkaKey.type).id())
                .setSynonyms(withSynonyms ? List.of(synonym) : List.of())
                .setDocumentation(withDocumentation && kafkaKey != null ? kafkaKey.documentation : null);
    }
}
