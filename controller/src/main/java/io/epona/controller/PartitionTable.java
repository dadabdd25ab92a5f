package io.epona.controller;

import java.util.Arrays;

/**
 * Partitions by partition index. Immutable; a changed table shares the chunks that did not change, so that making one
 * topic among ten thousand partitions copies one chunk, and comparing two tables looks at changed chunks only.
 */
final class PartitionTable {
    static final int CHUNK_LENGTH = 512;
    static final PartitionTable EMPTY = new PartitionTable(new PartitionInfo[0][], 0, 0);

    private final PartitionInfo[][] chunks;
    private final int nextIndex;
    private final int count;

    private PartitionTable(PartitionInfo[][] chunks, int nextIndex, int count) {
        this.chunks = chunks;
        this.nextIndex = nextIndex;
        this.count = count;
    }

    PartitionInfo get(int partitionIndex) {
        if (partitionIndex < 0 || partitionIndex >= nextIndex) {
            return null;
        }
        PartitionInfo[] chunk = chunk(partitionIndex / CHUNK_LENGTH);
        return chunk == null ? null : chunk[partitionIndex % CHUNK_LENGTH];
    }

    /** The first index that was never given out. */
    int nextIndex() {
        return nextIndex;
    }

    int count() {
        return count;
    }

    int chunkCount() {
        return chunks.length;
    }

    /** A chunk by number, or null when nothing in it exists. */
    PartitionInfo[] chunk(int chunkNumber) {
        return chunkNumber < chunks.length ? chunks[chunkNumber] : null;
    }

    Builder edit() {
        return new Builder(this);
    }

    /** Collects changes to a table. Used by one thread, once. */
    static final class Builder {
        private final PartitionTable base;
        private PartitionInfo[][] chunks;
        private boolean[] owned;
        private int nextIndex;
        private int count;

        private Builder(PartitionTable base) {
            this.base = base;
            this.chunks = base.chunks.clone();
            this.owned = new boolean[chunks.length];
            this.nextIndex = base.nextIndex;
            this.count = base.count;
        }

        void reserve(int limit) {
            nextIndex = Math.max(nextIndex, limit);
        }

        void put(PartitionInfo partition) {
            int partitionIndex = partition.partitionIndex();
            PartitionInfo[] chunk = ownedChunk(partitionIndex / CHUNK_LENGTH);
            if (chunk[partitionIndex % CHUNK_LENGTH] == null) {
                count++;
            }
            chunk[partitionIndex % CHUNK_LENGTH] = partition;
            reserve(partitionIndex + 1);
        }

        void remove(int partitionIndex) {
            PartitionInfo[] chunk = ownedChunk(partitionIndex / CHUNK_LENGTH);
            if (chunk[partitionIndex % CHUNK_LENGTH] != null) {
                count--;
                chunk[partitionIndex % CHUNK_LENGTH] = null;
            }
        }

        PartitionTable build() {
            for (int i = 0; i < chunks.length; i++) {
                if (owned[i] && isEmpty(chunks[i])) {
                    chunks[i] = null;
                }
            }
            return new PartitionTable(chunks, nextIndex, count);
        }

        private PartitionInfo[] ownedChunk(int chunkNumber) {
            if (chunkNumber >= chunks.length) {
                chunks = Arrays.copyOf(chunks, chunkNumber + 1);
                owned = Arrays.copyOf(owned, chunkNumber + 1);
            }
            if (!owned[chunkNumber]) {
                PartitionInfo[] shared = base.chunk(chunkNumber);
                chunks[chunkNumber] = shared == null ? new PartitionInfo[CHUNK_LENGTH] : shared.clone();
                owned[chunkNumber] = true;
            }
            return chunks[chunkNumber];
        }

        private static boolean isEmpty(PartitionInfo[] chunk) {
            for (PartitionInfo partition : chunk) {
                if (partition != null) {
                    return false;
                }
            }
            return true;
        }
    }
}
