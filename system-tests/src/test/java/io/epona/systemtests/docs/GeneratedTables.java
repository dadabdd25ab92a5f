package io.epona.systemtests.docs;

import io.epona.controller.TopicConfigs;
import io.epona.node.config.NodeSchema;
import io.epona.runtime.CounterType;
import io.epona.runtime.budget.Stage;
import java.io.IOException;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.errors.InvalidConfigurationException;

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

    private GeneratedTables() {}

    /** The table of that name. */
    static String make(final String name) throws IOException {
        return switch (name) {
            case "configuration" -> NodeSchema.SCHEMA.toMarkdown();
            case "counters" -> CounterType.toMarkdown();
            case "stages", "budget" -> stages("budget".equals(name));
            case "topic-configs" -> topicConfigs();
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
}
