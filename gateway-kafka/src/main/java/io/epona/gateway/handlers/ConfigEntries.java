package io.epona.gateway.handlers;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResourceResult;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsSynonym;
import org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigSource;

/** What the entries of all resources have in common that DescribeConfigs shows. */
final class ConfigEntries {
    private ConfigEntries() {}

    /**
     * Describes the keys that are asked for and known.
     *
     * @param all by name, in the order in which they are shown.
     * @param keys the keys asked for; null or empty for all.
     * @param entry describes one.
     */
    static <T> List<DescribeConfigsResourceResult> describe(
            Map<String, T> all, List<String> keys, BiFunction<String, T, DescribeConfigsResourceResult> entry) {
        Set<String> wanted = keys == null || keys.isEmpty() ? all.keySet() : Set.copyOf(keys);
        List<DescribeConfigsResourceResult> entries = new ArrayList<>();
        all.forEach((name, one) -> {
            if (wanted.contains(name)) {
                entries.add(entry.apply(name, one));
            }
        });
        return entries;
    }

    /** A place that has a value for a key. */
    static DescribeConfigsSynonym synonym(String name, String value, ConfigSource source) {
        return new DescribeConfigsSynonym().setName(name).setValue(value).setSource(source.id());
    }
}
