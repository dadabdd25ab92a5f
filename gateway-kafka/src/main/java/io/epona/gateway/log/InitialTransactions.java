package io.epona.gateway.log;

import java.util.List;

/**
 * What a node knows of transactions when it starts: the frames that a {@link FrameIndex} walks begin in the middle of
 * some.
 *
 * @param open those open at the lanes' committed positions.
 * @param ended those ended by markers between the lanes' drained and committed positions.
 */
public record InitialTransactions(List<Begun> open, List<Ended> ended) {
    /** There are none. */
    public static final InitialTransactions NONE = new InitialTransactions(List.of(), List.of());

    /**
     * One transaction in one partition.
     *
     * @param partitionIndex of the partition.
     * @param laneId of the lane that carries it.
     * @param producerId of its producer.
     * @param firstOffset of its records.
     */
    public record Begun(int partitionIndex, int laneId, long producerId, long firstOffset) {}

    /**
     * One transaction in one partition, and what ended it.
     *
     * @param begun the transaction.
     * @param markerOffset of its marker.
     */
    public record Ended(Begun begun, long markerOffset) {}

    /** Copies the lists. */
    public InitialTransactions {
        open = List.copyOf(open);
        ended = List.copyOf(ended);
    }
}
