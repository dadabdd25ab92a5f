/**
 * Partition logs: where records live once the log ring has moved on. Drains committed frames in groups into Kafka's own
 * {@code UnifiedLog}, one directory for each partition, serves old offsets from there without a copy, and applies
 * retention. Kafka's internal classes are used by the {@code Kafka...} classes of this package alone.
 */
package io.epona.partitionlog;
