package io.epona.coordinator;

import io.epona.controller.PartitionInfo;
import org.apache.kafka.coordinator.common.runtime.PartitionWriter;

/**
 * The time in which this node coordinates with one partition of an internal topic: from an election to the resignation.
 * Once over, nothing is written or told in its name any more. Thread-safe.
 */
final class Tenure {
    private final int number;
    private final PartitionInfo partition;
    private boolean isOver;
    private PartitionWriter.Listener listener;
    private long highWatermark = -1;

    Tenure(final int number, final PartitionInfo partition) {
        this.number = number;
        this.partition = partition;
    }

    /** Grows with each tenure and each resignation of the node. */
    int number() {
        return number;
    }

    /** The partition as it was when the tenure began. */
    PartitionInfo partition() {
        return partition;
    }

    /** Leader epoch of the lane in which it coordinates. */
    int leaderEpoch() {
        return partition.leaderEpoch();
    }

    synchronized boolean isOver() {
        return isOver;
    }

    synchronized void end() {
        isOver = true;
        listener = null;
    }

    synchronized void listen(final PartitionWriter.Listener newListener) {
        if (!isOver) {
            listener = newListener;
        }
    }

    synchronized void unlisten(final PartitionWriter.Listener oldListener) {
        if (listener == oldListener) {
            listener = null;
        }
    }

    /** What is known to be committed never goes back, in the eyes of a listener either. */
    synchronized void committed(final long offset) {
        if (offset > highWatermark) {
            highWatermark = offset;
            if (listener != null) {
                listener.onHighWatermarkUpdated(partition.topicPartition(), offset);
            }
        }
    }
}
