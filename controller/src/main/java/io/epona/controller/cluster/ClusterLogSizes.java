package io.epona.controller.cluster;

import io.epona.controller.ControllerLimits;
import org.agrona.BitUtil;

/**
 * How much room the control log takes.
 *
 * @param termLength bytes of a term of the log's and the ingress' Aeron buffers (three terms each, in the driver's
 *     directory, sparse); a message may have an eighth of it.
 * @param segmentLength bytes of a file of the recorded log, sparse; at least a term. The log is cut in such steps.
 * @param snapshotLogLength bytes of log after which the leader has a snapshot taken. The log of about two such lengths
 *     is kept, for members that were away.
 */
public record ClusterLogSizes(int termLength, int segmentLength, long snapshotLogLength) {
    private static final int MIN_TERM_LENGTH = 512 * 1024;
    private static final int MAX_MESSAGE_SHARE = 8;

    /** Session header, frame headers of the fragments, and something to spare. */
    private static final int RESERVED_LENGTH = 4 * 1024;

    /** 1 MiB terms and files: commands of up to 124 KiB, about 10 MiB a node in the driver's directory. */
    public static final ClusterLogSizes STANDARD = new ClusterLogSizes(1 << 20, 1 << 20, 8L << 20);

    /** Checks the ranges. */
    public ClusterLogSizes {
        if (!BitUtil.isPowerOfTwo(termLength) || termLength < MIN_TERM_LENGTH) {
            throw new IllegalArgumentException(
                    "term length must be a power of two from " + MIN_TERM_LENGTH + ": termLength=" + termLength);
        }
        if (!BitUtil.isPowerOfTwo(segmentLength) || segmentLength < termLength) {
            throw new IllegalArgumentException("segment length must be a power of two, at least a term: segmentLength="
                    + segmentLength + ", termLength=" + termLength);
        }
        if (snapshotLogLength <= 0) {
            throw new IllegalArgumentException("no log between snapshots: snapshotLogLength=" + snapshotLogLength);
        }
        if (ControllerLimits.MAX_SNAPSHOT_PART_LENGTH > termLength / MAX_MESSAGE_SHARE - RESERVED_LENGTH) {
            throw new IllegalArgumentException(
                    "a part of a snapshot must fit into a message: termLength=" + termLength);
        }
    }

    /** The longest command. */
    int maxCommandLength() {
        return termLength / MAX_MESSAGE_SHARE - RESERVED_LENGTH;
    }
}
