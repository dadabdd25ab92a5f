package io.epona.systemtests.docs;

import io.epona.controller.TopicConfigs;
import io.epona.coordinator.GroupConfigs;
import io.epona.coordinator.GroupSettings;
import io.epona.coordinator.TransactionSettings;
import io.epona.node.config.NodeSchema;
import io.epona.runtime.CounterType;
import io.epona.runtime.budget.Stage;
import java.io.IOException;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.message.ApiMessageType.ListenerType;
import org.apache.kafka.common.message.ApiVersionsResponseData.ApiVersion;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.utils.AppInfoParser;

/** The tables of the documents that the code makes, by the names that the documents use. */
final class GeneratedTables {
    private static final Map<Stage, String> FROM_TO = new EnumMap<>(Map.of(
            Stage.PRODUCE, "producer's time stamp -> the gateway has the whole request",
            Stage.COMMIT, "the gateway has the request -> committed, on the device",
            Stage.SEQUENCE, "the gateway has the request -> the lane has written the frame into the ring",
            Stage.JOURNAL, "the frame is in the ring -> it is on this node's device",
            Stage.DEVICE_WRITE, "one device write, whatever number of records it carries",
            Stage.DELIVER, "committed -> the fetch response is handed to the network",
            Stage.ACKNOWLEDGE, "committed -> the produce response is handed to the network",
            Stage.PROCESS, "the consumer has the record -> it is done; reported by consumers",
            Stage.RESERVE, "what the stages leave: network, queues, pauses",
            Stage.END_TO_END, "producer's time stamp -> the consumer is done; reported by consumers"));

    private static final int LINE_LENGTH = 120;

    private GeneratedTables() {}

    /** The table of that name. */
    static {
        FROM_TO.put(Stage.REPLICATE, "the frame is in the ring -> it is on the devices of the other in-sync replicas");
    }

    static String make(final String name) throws IOException {
        return switch (name) {
            case "configuration" -> NodeSchema.SCHEMA.toMarkdown();
            case "counters" -> CounterType.toMarkdown();
            case "stages", "budget" -> stages("budget".equals(name));
            case "topic-configs" -> topicConfigs();
            case "group-configs" -> groupConfigs(GroupSettings.definitions());
            case "single-group-configs" -> groupConfigs(GroupConfigs.definitions());
            case "transaction-configs" -> transactionConfigs();
            case "apis" -> apis(AdvertisedApis.ask());
            case "apis-absent" -> absentApis(AdvertisedApis.ask());
            default -> throw new IllegalArgumentException("no such table: name=" + name);
        };
    }

    private static String stages(final boolean isBudgetOnly) {
        final StringBuilder text = new StringBuilder("| stage | budget | from -> to |\n| --- | --- | --- |\n");
        for (final Stage stage : Stage.values()) {
            if (isBudgetOnly && !stage.hasBudget()) {
                continue;
            }
            final long budgetMs = TimeUnit.NANOSECONDS.toMillis(stage.budgetNs());
            final String part =
                    stage.parent() == null ? "" : "part of " + stage.parent().label();
            text.append("| `")
                    .append(stage.label())
                    .append("` | ")
                    .append(stage.hasBudget() ? budgetMs + " ms" : part)
                    .append(" | ")
                    .append(FROM_TO.get(stage))
                    .append(" |\n");
        }
        return text.toString();
    }

    private static String groupConfigs(final Map<String, ConfigDef.ConfigKey> definitions) {
        final StringBuilder text = new StringBuilder("| key | default |\n| --- | --- |\n");
        definitions.forEach((key, definition) -> text.append("| `")
                .append(key)
                .append("` | `")
                .append(ConfigDef.convertToString(definition.defaultValue, definition.type))
                .append("` |\n"));
        return text.toString();
    }

    private static String transactionConfigs() {
        final StringBuilder text = new StringBuilder("| key | default |\n| --- | --- |\n");
        TransactionSettings.defaults()
                .forEach((key, value) -> text.append("| `")
                        .append(key)
                        .append("` | `")
                        .append(value)
                        .append("` |\n"));
        return text.toString();
    }

    private static String topicConfigs() {
        final TopicConfigs rules = new TopicConfigs(Map.of());
        final StringBuilder text = new StringBuilder("| key | served | default |\n| --- | --- | --- |\n");
        TopicConfigs.definitions().forEach((key, definition) -> {
            final String value =
                    ConfigDef.convertToString(rules.defaults().values().get(key), definition.type);
            text.append("| `").append(key).append("` | ");
            if (TopicConfigs.SERVED.contains(key)) {
                text.append("yes | `").append(value).append("` |\n");
            } else if (TopicConfigs.settable(key)) {
                rules.validate(Map.of(key, value));
                text.append("this value only | `").append(value).append("` |\n");
            } else {
                text.append("no: ").append(refusal(rules, key, value)).append(" | |\n");
            }
        });
        return text.toString();
    }

    private static String refusal(final TopicConfigs rules, final String key, final String value) {
        try {
            rules.validate(Map.of(key, value == null ? "" : value));
        } catch (final InvalidConfigurationException ex) {
            final String message = ex.getMessage();
            return message.contains("(") ? message.replaceAll(".*\\((.*)\\).*", "$1") : "no effect here";
        }
        throw new IllegalStateException("the key is accepted but said not to be settable: key=" + key);
    }

    private static String apis(final Collection<ApiVersion> advertised) {
        final StringBuilder text = new StringBuilder("| key | API | versions |\n| --- | --- | --- |\n");
        for (final ApiVersion api : advertised) {
            text.append("| ")
                    .append(api.apiKey())
                    .append(" | ")
                    .append(ApiKeys.forId(api.apiKey()).name)
                    .append(" | ")
                    .append(versions(api.minVersion(), api.maxVersion()))
                    .append(" |\n");
        }
        return text.append("\nIn every version that Kafka ")
                .append(AppInfoParser.getVersion())
                .append(" has")
                .append(exceptions(advertised))
                .append(".\n")
                .toString();
    }

    private static String exceptions(final Collection<ApiVersion> advertised) {
        final List<String> others = advertised.stream()
                .filter(api -> api.maxVersion() != ApiKeys.forId(api.apiKey()).latestVersion(false))
                .map(api -> ApiKeys.forId(api.apiKey()).name)
                .toList();
        return others.isEmpty() ? "" : ", but for " + String.join(", ", others);
    }

    private static String versions(final short min, final short max) {
        return min == max ? Short.toString(min) : min + " to " + max;
    }

    private static String absentApis(final Collection<ApiVersion> advertised) {
        final List<Short> served = advertised.stream().map(ApiVersion::apiKey).toList();
        final String names = ApiKeys.apisForListener(ListenerType.BROKER).stream()
                .filter(api -> !served.contains(api.id) && !api.clusterAction)
                .map(api -> api.name)
                .sorted()
                .collect(Collectors.joining(", "));
        return wrap("APIs of Kafka's brokers that are not there: " + names + '.');
    }

    private static String wrap(final String text) {
        return text.replaceAll("(.{1," + LINE_LENGTH + "})(?: |$)", "$1\n");
    }
}
