package io.epona.partitionlog;

import java.util.Optional;

/**
 * What a log tells of where an epoch ends. Records that were not drained yet may belong to that epoch or to later ones,
 * so an end that is not below {@code endOffset} is not the last word.
 *
 * @param found the largest epoch at or below the one asked for, and where it ends; the one asked for when all that is
 *     kept is later; empty when the log knows of no such end
 * @param latestEpoch epoch of the log's last record; -1 when it has none
 * @param endOffset end of what was searched
 */
public record EpochSearch(Optional<EpochEndOffset> found, int latestEpoch, long endOffset) {
    static final EpochSearch NOTHING = new EpochSearch(Optional.empty(), -1, 0);
}
