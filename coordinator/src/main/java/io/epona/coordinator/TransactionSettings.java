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
import org.apache.kafka.coordinator.transaction.TransactionLogConfig;
import org.apache.kafka.coordinator.transaction.TransactionStateManagerConfig;

/**
 * What transactions may do, and where their state is, by Kafka's names of the keys and parsed by Kafka. A key that has
 * no effect here is refused. Immutable.
 */
public final class TransactionSettings {
    /** Looking is cheap, and a transaction that is not ended holds readers back. */
    private static final Map<String, String> OWN_DEFAULTS = Map.of(
            TransactionStateManagerConfig.TRANSACTIONS_ABORT_TIMED_OUT_TRANSACTION_CLEANUP_INTERVAL_MS_CONFIG, "1000");

    private static final Set<String> SERVED = Set.of(
            TransactionLogConfig.TRANSACTIONS_TOPIC_PARTITIONS_CONFIG,
            TransactionLogConfig.TRANSACTIONS_TOPIC_SEGMENT_BYTES_CONFIG,
            TransactionStateManagerConfig.TRANSACTIONS_MAX_TIMEOUT_MS_CONFIG,
            TransactionStateManagerConfig.TRANSACTIONAL_ID_EXPIRATION_MS_CONFIG,
            TransactionStateManagerConfig.TRANSACTIONS_ABORT_TIMED_OUT_TRANSACTION_CLEANUP_INTERVAL_MS_CONFIG,
            TransactionStateManagerConfig.TRANSACTIONS_REMOVE_EXPIRED_TRANSACTIONAL_ID_CLEANUP_INTERVAL_MS_CONFIG);

    private static final Map<String, String> REASONS = Map.of(
            TransactionLogConfig.TRANSACTIONS_TOPIC_REPLICATION_FACTOR_CONFIG,
            "a cell replicates every topic to all its nodes",
            TransactionLogConfig.TRANSACTIONS_TOPIC_MIN_ISR_CONFIG,
            "the topic has the cell's min.insync.replicas",
            TransactionLogConfig.TRANSACTION_PARTITION_VERIFICATION_ENABLE_CONFIG,
            "batches of transactions are always verified",
            TransactionLogConfig.PRODUCER_ID_EXPIRATION_MS_CONFIG,
            "producer.expiration says it",
            TransactionStateManagerConfig.TRANSACTIONS_2PC_ENABLED_CONFIG,
            "there is no two-phase commit");

    private final AbstractConfig values;

    private TransactionSettings(final AbstractConfig values) {
        this.values = values;
    }

    /**
     * Parses.
     *
     * @param configured keys and values; what is absent has its default.
     * @throws ConfigException naming the key that is wrong, and why.
     */
    public static TransactionSettings of(final Map<String, String> configured) {
        configured.keySet().forEach(TransactionSettings::requireServed);
        final Map<String, String> all = new HashMap<>(OWN_DEFAULTS);
        all.putAll(configured);
        return new TransactionSettings(new AbstractConfig(definition(), all, false));
    }

    /** What is wrong with settings, one sentence for each key; empty when nothing is. */
    public static List<String> problems(final Map<String, String> configured) {
        final List<String> problems = new ArrayList<>();
        configured.forEach((key, value) -> {
            try {
                of(Map.of(key, value));
            } catch (final ConfigException ex) {
                problems.add(ex.getMessage());
            }
        });
        return problems;
    }

    /** The keys that have an effect, with their defaults, sorted by name. */
    public static Map<String, String> defaults() {
        final Map<String, String> served = new TreeMap<>();
        final AbstractConfig defaults = new AbstractConfig(definition(), OWN_DEFAULTS, false);
        SERVED.forEach(key -> served.put(key, String.valueOf(defaults.values().get(key))));
        return served;
    }

    private static void requireServed(final String key) {
        if (SERVED.contains(key)) {
            return;
        }
        final String reason = REASONS.get(key);
        throw new ConfigException(
                reason == null
                        ? "unknown key of transactions: " + key
                        : key + " has no effect here (" + reason + "): leave it out");
    }

    private static ConfigDef definition() {
        final ConfigDef definition = new ConfigDef(TransactionLogConfig.CONFIG_DEF);
        TransactionStateManagerConfig.CONFIG_DEF.configKeys().values().forEach(definition::define);
        return definition;
    }

    /** Partitions of the topic that has the transactions' state, when it is made. */
    int topicPartitionCount() {
        return values.getInt(TransactionLogConfig.TRANSACTIONS_TOPIC_PARTITIONS_CONFIG);
    }

    /** Its segments, bytes. */
    int topicSegmentLength() {
        return values.getInt(TransactionLogConfig.TRANSACTIONS_TOPIC_SEGMENT_BYTES_CONFIG);
    }

    /** Longest time that a client may give a transaction, ms. */
    int maxTimeoutMs() {
        return values.getInt(TransactionStateManagerConfig.TRANSACTIONS_MAX_TIMEOUT_MS_CONFIG);
    }

    /** How long a transactional id is remembered that is not used, ms. */
    long expirationMs() {
        return values.getInt(TransactionStateManagerConfig.TRANSACTIONAL_ID_EXPIRATION_MS_CONFIG);
    }

    /** How often is looked for transactions whose time is over, ms. */
    long abortIntervalMs() {
        return values.getInt(
                TransactionStateManagerConfig.TRANSACTIONS_ABORT_TIMED_OUT_TRANSACTION_CLEANUP_INTERVAL_MS_CONFIG);
    }

    /** How often is looked for transactional ids that are not used, ms. */
    long expirationIntervalMs() {
        return values.getInt(
                TransactionStateManagerConfig.TRANSACTIONS_REMOVE_EXPIRED_TRANSACTIONAL_ID_CLEANUP_INTERVAL_MS_CONFIG);
    }
}
