package io.epona.gateway.produce;

import java.util.List;
import org.apache.kafka.common.message.ProduceResponseData.BatchIndexAndErrorMessage;
import org.apache.kafka.common.protocol.Errors;

/**
 * What to answer for a batch that is refused.
 *
 * @param error Kafka's error.
 * @param message for the client's log, or null.
 * @param recordErrors the records that are at fault, as far as it is single records.
 */
record BatchVerdict(Errors error, String message, List<BatchIndexAndErrorMessage> recordErrors) {
    static BatchVerdict of(final Errors error, final String message) {
        return new BatchVerdict(error, message, List.of());
    }
}
