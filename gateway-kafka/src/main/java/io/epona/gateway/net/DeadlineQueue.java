package io.epona.gateway.net;

import java.util.Arrays;

/**
 * The timers of one gateway thread, soonest first: a binary heap whose entries know their place, so that scheduling,
 * moving and cancelling cost the logarithm of their number and the next deadline costs nothing. Gateway thread only.
 */
public final class DeadlineQueue {
    private static final int INITIAL_CAPACITY = 64;

    private Deadline[] heap = new Deadline[INITIAL_CAPACITY];
    private int size;

    /** Schedules or moves an entry. */
    public void schedule(final Deadline entry, final long deadlineNs) {
        if (entry.isScheduled()) {
            final boolean later = deadlineNs - entry.deadlineNs > 0;
            entry.deadlineNs = deadlineNs;
            if (later) {
                siftDown(entry.heapIndex);
            } else {
                siftUp(entry.heapIndex);
            }
            return;
        }
        if (size == heap.length) {
            heap = Arrays.copyOf(heap, size * 2);
        }
        entry.deadlineNs = deadlineNs;
        place(entry, size++);
        siftUp(entry.heapIndex);
    }

    /** Takes an entry out; harmless when it is not in. */
    public void cancel(final Deadline entry) {
        final int index = entry.heapIndex;
        if (index == Deadline.NOT_QUEUED) {
            return;
        }
        final Deadline last = heap[--size];
        heap[size] = null;
        entry.heapIndex = Deadline.NOT_QUEUED;
        if (last != entry) {
            place(last, index);
            siftUp(index);
            siftDown(last.heapIndex);
        }
    }

    /**
     * Calls what is due.
     *
     * @param nowNs monotonic time.
     * @param limit entries at most.
     * @return number of entries called.
     */
    public int poll(final long nowNs, final int limit) {
        int count = 0;
        while (count < limit && size > 0 && heap[0].deadlineNs - nowNs <= 0) {
            final Deadline due = heap[0];
            cancel(due);
            due.onDeadline(nowNs);
            count++;
        }
        return count;
    }

    /** Nanoseconds until the next entry is due, at least 0 and at most {@code maxNs}. */
    public long remainingNs(final long nowNs, final long maxNs) {
        return size == 0 ? maxNs : Math.max(0, Math.min(maxNs, heap[0].deadlineNs - nowNs));
    }

    /** Number of scheduled entries. */
    public int size() {
        return size;
    }

    private void siftUp(final int start) {
        int index = start;
        final Deadline entry = heap[index];
        while (index > 0) {
            final int parent = (index - 1) >>> 1;
            if (heap[parent].deadlineNs - entry.deadlineNs <= 0) {
                break;
            }
            place(heap[parent], index);
            index = parent;
        }
        place(entry, index);
    }

    private void siftDown(final int start) {
        int index = start;
        final Deadline entry = heap[index];
        while (true) {
            int child = 2 * index + 1;
            if (child >= size) {
                break;
            }
            if (child + 1 < size && heap[child + 1].deadlineNs - heap[child].deadlineNs < 0) {
                child++;
            }
            if (entry.deadlineNs - heap[child].deadlineNs <= 0) {
                break;
            }
            place(heap[child], index);
            index = child;
        }
        place(entry, index);
    }

    private void place(final Deadline entry, final int index) {
        heap[index] = entry;
        entry.heapIndex = index;
    }
}
