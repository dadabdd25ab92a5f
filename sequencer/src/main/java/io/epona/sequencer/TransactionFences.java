package io.epona.sequencer;

/**
 * Tells whether a transaction was ended in a partition since a batch of it was sent to be verified. A batch that comes
 * back with the generation of before is late: its transaction is over, and appending it would open one that nobody
 * ends. Also markers that found nothing to end, and so left no trace in the log, are noted here.
 *
 * <p>Producers share generations by hash: one that changed for another producer's sake only has a batch verified once
 * more. Nothing here is in checkpoints, because batches that wait to be verified do not outlive the leader's tenure.
 * Owned by the thread that owns the state; allocates nothing.
 */
final class TransactionFences {
    private static final int LENGTH = 1 << 12;

    private final int[] generations = new int[LENGTH];

    int generation(final long producerId, final int partitionIndex) {
        return generations[slot(producerId, partitionIndex)];
    }

    void onEnded(final long producerId, final int partitionIndex) {
        generations[slot(producerId, partitionIndex)]++;
    }

    private static int slot(final long producerId, final int partitionIndex) {
        return ProducerTable.hash(producerId, partitionIndex) & (LENGTH - 1);
    }
}
