package io.epona.gateway.fetch;

import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.kafka.common.message.FetchRequestData;

/**
 * The partitions that a client fetches, kept from one fetch to the next if the client wants that (KIP-227), else for
 * one fetch. The dirty ones are a list, in which those that gave records move to the end, so that each gets its turn.
 * Gateway thread only.
 */
final class FetchSession {
    static final int NO_ID = 0;

    private final boolean usesTopicIds;
    private final Map<FetchPartition.Key, FetchPartition> partitions = new LinkedHashMap<>();

    private int id = NO_ID;
    private int epoch;
    private long createdMs;
    private long lastUsedMs;
    private boolean isRegistered;
    private FetchOperation operation;
    private FetchPartition firstDirty;
    private FetchPartition lastDirty;

    FetchSession(final boolean usesTopicIds) {
        this.usesTopicIds = usesTopicIds;
    }

    void registered(final int newId, final int firstEpoch, final long nowMs) {
        id = newId;
        epoch = firstEpoch;
        createdMs = nowMs;
        lastUsedMs = nowMs;
        isRegistered = true;
    }

    /** Its id is not known any more; it goes when the fetch that may still use it is done. */
    void unregistered() {
        isRegistered = false;
        if (operation == null) {
            close();
        }
    }

    int id() {
        return id;
    }

    int epoch() {
        return epoch;
    }

    void use(final int newEpoch, final long nowMs) {
        epoch = newEpoch;
        lastUsedMs = nowMs;
    }

    long createdMs() {
        return createdMs;
    }

    long lastUsedMs() {
        return lastUsedMs;
    }

    boolean usesTopicIds() {
        return usesTopicIds;
    }

    int size() {
        return partitions.size();
    }

    Iterable<FetchPartition> partitions() {
        return partitions.values();
    }

    FetchOperation operation() {
        return operation;
    }

    void begin(final FetchOperation newOperation) {
        operation = newOperation;
    }

    /** The fetch is done. */
    void end() {
        operation = null;
        if (!isRegistered) {
            close();
        }
    }

    /** The client wants this partition, or wants it from another offset. */
    void add(final FetchPartition.Key key, final FetchRequestData.FetchPartition request) {
        FetchPartition partition = partitions.get(key);
        if (partition == null) {
            partition = new FetchPartition(this, key);
            partitions.put(key, partition);
        }
        partition.update(request);
        markDirty(partition);
    }

    /** The client does not want it any more. */
    void remove(final FetchPartition.Key key) {
        final FetchPartition partition = partitions.remove(key);
        if (partition != null) {
            drop(partition);
        }
    }

    FetchPartition firstDirty() {
        return firstDirty;
    }

    FetchPartition lastDirty() {
        return lastDirty;
    }

    void onCommitted(final FetchPartition partition) {
        markDirty(partition);
        if (operation == null || !operation.onCommitted()) {
            partition.stopWatching();
        }
    }

    void markDirty(final FetchPartition partition) {
        if (!partition.isDirty) {
            partition.isDirty = true;
            partition.previousDirty = lastDirty;
            partition.nextDirty = null;
            if (lastDirty == null) {
                firstDirty = partition;
            } else {
                lastDirty.nextDirty = partition;
            }
            lastDirty = partition;
        }
    }

    void markClean(final FetchPartition partition) {
        if (!partition.isDirty) {
            return;
        }
        partition.isDirty = false;
        if (partition.previousDirty == null) {
            firstDirty = partition.nextDirty;
        } else {
            partition.previousDirty.nextDirty = partition.nextDirty;
        }
        if (partition.nextDirty == null) {
            lastDirty = partition.previousDirty;
        } else {
            partition.nextDirty.previousDirty = partition.previousDirty;
        }
        partition.previousDirty = null;
        partition.nextDirty = null;
    }

    void moveToEnd(final FetchPartition partition) {
        markClean(partition);
        markDirty(partition);
    }

    private void drop(final FetchPartition partition) {
        partition.stopWatching();
        partition.closeColdRead();
        markClean(partition);
    }

    private void close() {
        partitions.values().forEach(this::drop);
        partitions.clear();
    }
}
