package io.epona.benchmarks.clients;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import picocli.CommandLine;

/**
 * A system under measurement, which runs already.
 *
 * @param name what the table calls it.
 * @param bootstrap {@code host:port[,host:port]}.
 */
record MeasuredSystem(String name, String bootstrap) {
    private static final int MAX_REPLICAS = 3;

    /** From {@code name=bootstrap}. */
    static MeasuredSystem parse(final String text) {
        final int equals = text.indexOf('=');
        if (equals < 1 || equals == text.length() - 1) {
            throw new CommandLine.TypeConversionException(
                    "a system is given as name=host:port[,host:port]: system=" + text);
        }
        return new MeasuredSystem(text.substring(0, equals), text.substring(equals + 1));
    }

    /** Settings of a client of this system; the same for every system. */
    Map<String, Object> clientSettings(final Map<String, Object> more) {
        final Map<String, Object> settings = new TreeMap<>(more);
        settings.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
        return settings;
    }

    Admin admin() {
        return Admin.create(clientSettings(Map.of()));
    }

    /** Creates a topic with as many replicas as there are brokers, three at most. */
    void createTopic(final String topic, final int partitionCount) throws Exception {
        try (Admin admin = admin()) {
            final int brokers = admin.describeCluster().nodes().get().size();
            final NewTopic wanted = new NewTopic(topic, partitionCount, (short) Math.min(brokers, MAX_REPLICAS));
            admin.createTopics(List.of(wanted)).all().get();
        }
    }
}
