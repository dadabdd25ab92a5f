package io.epona.partitionlog;

import java.util.List;
import org.apache.kafka.common.message.DescribeProducersResponseData.ProducerState;

/**
 * The producers that a partition log knows.
 *
 * @param endOffset of the log: what is known of the records below it.
 * @param states as DescribeProducers tells them.
 */
public record LogProducers(long endOffset, List<ProducerState> states) {
    /** Of a partition without data. */
    public static final LogProducers NONE = new LogProducers(0, List.of());

    /** Copies the list. */
    public LogProducers {
        states = List.copyOf(states);
    }
}
