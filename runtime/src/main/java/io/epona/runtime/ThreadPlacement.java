package io.epona.runtime;

import java.util.BitSet;
import net.openhft.affinity.Affinity;

/**
 * Where and how eagerly a thread runs.
 *
 * @param core to which it is pinned, or {@link #ANY_CORE}
 * @param nice Linux niceness of the thread, -20 (eager) to 19 (background); {@link #NORMAL} leaves it as it is
 * @param sliceNs the scheduler's time slice, 100,000 to 100,000,000 ns: a short one has the thread run soon after it is
 *     woken, where others keep the cores busy; {@link #KERNEL_SLICE} leaves it as it is
 */
public record ThreadPlacement(int core, int nice, long sliceNs) {
    /** Not pinned. */
    public static final int ANY_CORE = -1;

    /** Niceness as inherited. */
    public static final int NORMAL = 0;

    /** Time slice as the kernel sees fit. */
    public static final long KERNEL_SLICE = 0;

    /** Any core, niceness and slice as inherited. */
    public static final ThreadPlacement DEFAULT = new ThreadPlacement(ANY_CORE, NORMAL, KERNEL_SLICE);

    private static final long MIN_SLICE_NS = 100_000;
    private static final long MAX_SLICE_NS = 100_000_000;

    /** Checks the ranges. */
    public ThreadPlacement {
        if (core < ANY_CORE) {
            throw new IllegalArgumentException("no such core: core=" + core);
        }
        if (nice < -20 || nice > 19) {
            throw new IllegalArgumentException("niceness must be -20 to 19: nice=" + nice);
        }
        if (sliceNs != KERNEL_SLICE && (sliceNs < MIN_SLICE_NS || sliceNs > MAX_SLICE_NS)) {
            throw new IllegalArgumentException(
                    "slice must be " + MIN_SLICE_NS + " to " + MAX_SLICE_NS + " ns: sliceNs=" + sliceNs);
        }
    }

    /** Pinned to a core. */
    public static ThreadPlacement pinnedTo(final int core) {
        return new ThreadPlacement(core, NORMAL, KERNEL_SLICE);
    }

    /** The same with another time slice. */
    public ThreadPlacement withSlice(final long newSliceNs) {
        return new ThreadPlacement(core, nice, newSliceNs);
    }

    /** On any core, behind what is less nice. */
    public static ThreadPlacement background(final int nice) {
        return new ThreadPlacement(ANY_CORE, nice, KERNEL_SLICE);
    }

    /**
     * Places the calling thread. A pinning that cannot be had is an error; a niceness or slice that cannot be had is
     * reported by the result, because the thread works without it.
     *
     * @return true when niceness and slice are as asked for
     * @throws IllegalStateException when the thread cannot be pinned to the core
     */
    public boolean applyToCurrentThread() {
        if (ANY_CORE != core) {
            Pinning.pin(core);
        }
        final boolean isNice = NORMAL == nice || ThreadNiceness.set(nice);
        return (KERNEL_SLICE == sliceNs || ThreadSlice.set(sliceNs)) && isNice;
    }

    /** Apart, so that Affinity (native code, log lines) is loaded only where a core is configured. */
    private static final class Pinning {
        static void pin(final int core) {
            try {
                Affinity.setAffinity(core);
            } catch (final RuntimeException | LinkageError ex) {
                throw new IllegalStateException(notPinned(core), ex);
            }
            final BitSet cores = Affinity.getAffinity();
            if (!cores.get(core) || cores.cardinality() != 1) {
                throw new IllegalStateException(notPinned(core) + ", allowed=" + cores);
            }
        }

        private static String notPinned(final int core) {
            return "cannot pin the thread: core=" + core + ", cores of the machine="
                    + Runtime.getRuntime().availableProcessors() + ", thread="
                    + Thread.currentThread().getName();
        }
    }
}
