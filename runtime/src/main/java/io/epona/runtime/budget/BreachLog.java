package io.epona.runtime.budget;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;

/**
 * The newest breaches of a budget, and how many there were in all. One thread records, wait-free and without
 * allocation; any thread reads meanwhile, lock-free, and gets whole entries only.
 *
 * <p>A ring of slots, each with a version in front (a sequence lock per slot): odd while the writer is in it, and
 * {@code 2 * (number + 1)} once breach {@code number} is complete. A reader takes a slot when the version is the one
 * that it expects, the same before and after it copied the fields.
 */
public final class BreachLog {
    private static final VarHandle LONGS = MethodHandles.arrayElementVarHandle(long[].class);
    private static final VarHandle COUNT;

    private static final int VERSION = 0;
    private static final int EPOCH_NS = 1;
    private static final int PARTITION_AND_STAGES = 2;
    private static final int OFFSET = 3;
    private static final int ELAPSED_NS = 4;
    private static final int CULPRIT_NS = 5;
    private static final int SLOT_LENGTH = 8; // one cache line

    static {
        try {
            COUNT = MethodHandles.lookup().findVarHandle(BreachLog.class, "count", long.class);
        } catch (final ReflectiveOperationException ex) {
            throw new ExceptionInInitializerError(ex);
        }
    }

    private final long[] slots;
    private final int capacity;
    private long count;

    /**
     * An empty log.
     *
     * @param capacity number of breaches kept, a power of two
     */
    public BreachLog(final int capacity) {
        if (capacity < 1 || Integer.bitCount(capacity) != 1) {
            throw new IllegalArgumentException("capacity must be a power of two: capacity=" + capacity);
        }
        this.capacity = capacity;
        this.slots = new long[capacity * SLOT_LENGTH];
    }

    /** Adds a breach, over the oldest one when the log is full. Writer's thread only; see {@link Breach}. */
    public void record(
            final long epochNs,
            final int partitionIndex,
            final long offset,
            final Stage breached,
            final long elapsedNs,
            final Stage culprit,
            final long culpritNs) {
        final long number = count;
        final int slot = slot(number);
        final long[] slots = this.slots;
        LONGS.setOpaque(slots, slot + VERSION, 2 * number + 1);
        VarHandle.storeStoreFence();
        LONGS.setOpaque(slots, slot + EPOCH_NS, epochNs);
        LONGS.setOpaque(slots, slot + PARTITION_AND_STAGES, pack(partitionIndex, breached, culprit));
        LONGS.setOpaque(slots, slot + OFFSET, offset);
        LONGS.setOpaque(slots, slot + ELAPSED_NS, elapsedNs);
        LONGS.setOpaque(slots, slot + CULPRIT_NS, culpritNs);
        LONGS.setRelease(slots, slot + VERSION, 2 * (number + 1));
        COUNT.setRelease(this, number + 1);
    }

    /** Number of breaches ever recorded. Any thread. */
    public long count() {
        return (long) COUNT.getAcquire(this);
    }

    /** Number of breaches kept at most. */
    public int capacity() {
        return capacity;
    }

    /**
     * The newest breaches, oldest of them first. Any thread. One that is overwritten while it is being read is left
     * out.
     *
     * @param limit number of breaches at most
     */
    public List<Breach> newest(final int limit) {
        final long end = count();
        final long start = Math.max(0, end - Math.min(limit, capacity));
        final List<Breach> breaches = new ArrayList<>((int) (end - start));
        for (long number = start; number < end; number++) {
            final Breach breach = read(number);
            if (null != breach) {
                breaches.add(breach);
            }
        }
        return breaches;
    }

    private Breach read(final long number) {
        final int slot = slot(number);
        final long expected = 2 * (number + 1);
        if (expected != (long) LONGS.getAcquire(slots, slot + VERSION)) {
            return null;
        }
        final long epochNs = (long) LONGS.getOpaque(slots, slot + EPOCH_NS);
        final long packed = (long) LONGS.getOpaque(slots, slot + PARTITION_AND_STAGES);
        final long offset = (long) LONGS.getOpaque(slots, slot + OFFSET);
        final long elapsedNs = (long) LONGS.getOpaque(slots, slot + ELAPSED_NS);
        final long culpritNs = (long) LONGS.getOpaque(slots, slot + CULPRIT_NS);
        VarHandle.loadLoadFence();
        if (expected != (long) LONGS.getOpaque(slots, slot + VERSION)) {
            return null;
        }
        final Stage breached = Stage.of((int) (packed >>> 8) & 0xFF);
        final Stage culprit = Stage.of((int) packed & 0xFF);
        return new Breach(epochNs, (int) (packed >>> 32), offset, breached, elapsedNs, culprit, culpritNs);
    }

    private int slot(final long number) {
        return (int) (number & (capacity - 1)) * SLOT_LENGTH;
    }

    private static long pack(final int partitionIndex, final Stage breached, final Stage culprit) {
        return ((long) partitionIndex << 32) | ((long) breached.ordinal() << 8) | culprit.ordinal();
    }
}
