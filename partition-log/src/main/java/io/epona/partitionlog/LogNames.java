package io.epona.partitionlog;

/** Names of log directories: {@code topic-partition}, as Kafka has them. */
final class LogNames {
    private static final int MAX_PARTITION_DIGITS = 9;

    private LogNames() {}

    /** Whether the name is that of a partition's log, there being such a partition or not. */
    static boolean isLog(final String name) {
        final int dash = name.lastIndexOf('-');
        final String number = name.substring(dash + 1);
        return dash > 0
                && !number.isEmpty()
                && number.length() <= MAX_PARTITION_DIGITS
                && number.chars().allMatch(c -> c >= '0' && c <= '9');
    }

    static String topic(final String name) {
        return name.substring(0, name.lastIndexOf('-'));
    }

    static int partition(final String name) {
        return Integer.parseInt(name.substring(name.lastIndexOf('-') + 1));
    }

    /** The partition of a directory name; -1 when there is none. */
    static int partitionIndex(final String name, final PartitionDirectory directory) {
        return isLog(name) ? directory.partitionIndex(topic(name), partition(name)) : -1;
    }
}
