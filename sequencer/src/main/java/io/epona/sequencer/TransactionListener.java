package io.epona.sequencer;

/** Hears of transactions that frames end, with what only the lane's state knows. On the thread that owns the state. */
@FunctionalInterface
public interface TransactionListener {
    /**
     * A marker ended a transaction that had written to the partition.
     *
     * @param partitionIndex of the partition.
     * @param producerId of the transaction.
     * @param firstOffset of the transaction in the partition.
     * @param markerOffset of the marker.
     * @param position of the marker's frame.
     */
    void onEnded(int partitionIndex, long producerId, long firstOffset, long markerOffset, long position);
}
