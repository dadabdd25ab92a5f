package io.epona.sequencer;

import java.util.Arrays;
import java.util.function.IntPredicate;
import org.agrona.collections.Int2IntHashMap;

/**
 * Partitions of a lane: the next and the first offset of each, in columns. Owned by the thread that owns the state.
 * Allocates only when a partition is added beyond the most there ever were.
 */
final class PartitionTable {
    static final int NONE = -1;
    private static final int INITIAL_CAPACITY = 64;

    private final Int2IntHashMap slotByIndex = new Int2IntHashMap(NONE);
    private int[] partitionIndexes = new int[INITIAL_CAPACITY];
    private long[] nextOffsets = new long[INITIAL_CAPACITY];
    private long[] startOffsets = new long[INITIAL_CAPACITY];
    private int count;

    int count() {
        return count;
    }

    /** Slot of a partition or {@link #NONE}; valid until a partition is removed. Slots are 0 .. count - 1. */
    int find(final int partitionIndex) {
        return slotByIndex.get(partitionIndex);
    }

    int partitionIndex(final int slot) {
        return partitionIndexes[slot];
    }

    long nextOffset(final int slot) {
        return nextOffsets[slot];
    }

    void nextOffset(final int slot, final long offset) {
        nextOffsets[slot] = offset;
    }

    long startOffset(final int slot) {
        return startOffsets[slot];
    }

    void startOffset(final int slot, final long offset) {
        startOffsets[slot] = offset;
    }

    /** Adds a partition that is not there yet. */
    int add(final int partitionIndex, final long nextOffset, final long startOffset) {
        if (count == partitionIndexes.length) {
            grow();
        }
        final int slot = count++;
        partitionIndexes[slot] = partitionIndex;
        nextOffsets[slot] = nextOffset;
        startOffsets[slot] = startOffset;
        slotByIndex.put(partitionIndex, slot);
        return slot;
    }

    /** Removes a partition; the last one takes its slot. */
    boolean remove(final int partitionIndex) {
        final int slot = slotByIndex.remove(partitionIndex);
        if (slot == NONE) {
            return false;
        }
        final int last = --count;
        if (slot != last) {
            partitionIndexes[slot] = partitionIndexes[last];
            nextOffsets[slot] = nextOffsets[last];
            startOffsets[slot] = startOffsets[last];
            slotByIndex.put(partitionIndexes[slot], slot);
        }
        return true;
    }

    int retain(final IntPredicate exists) {
        int removed = 0;
        for (int slot = count - 1; slot >= 0; slot--) {
            if (!exists.test(partitionIndexes[slot])) {
                remove(partitionIndexes[slot]);
                removed++;
            }
        }
        return removed;
    }

    private void grow() {
        final int capacity = Math.multiplyExact(partitionIndexes.length, 2);
        partitionIndexes = Arrays.copyOf(partitionIndexes, capacity);
        nextOffsets = Arrays.copyOf(nextOffsets, capacity);
        startOffsets = Arrays.copyOf(startOffsets, capacity);
    }
}
