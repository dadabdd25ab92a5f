package io.epona.partitionlog;

/**
 * Where an epoch ends in a log.
 *
 * @param leaderEpoch the epoch found
 * @param endOffset offset after its last record
 */
public record EpochEndOffset(int leaderEpoch, long endOffset) {}
