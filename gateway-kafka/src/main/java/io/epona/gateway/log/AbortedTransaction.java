package io.epona.gateway.log;

/**
 * A transaction that was aborted, in one partition.
 *
 * @param producerId of its producer.
 * @param firstOffset of its records.
 * @param markerOffset of the marker that aborted it.
 */
public record AbortedTransaction(long producerId, long firstOffset, long markerOffset) {}
