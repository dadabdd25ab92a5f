package io.epona.partitionlog;

/**
 * Answer to a search by time.
 *
 * @param timestamp the record's time stamp, ms since the Unix epoch
 * @param offset its offset
 * @param leaderEpoch epoch that sequenced it, -1 when not known
 */
public record TimestampAndOffset(long timestamp, long offset, int leaderEpoch) {}
