package io.epona.node.cell;

import io.epona.replicator.FrameSource;
import io.epona.runtime.NodeClock;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.agrona.DirectBuffer;

/**
 * A lane's journal as followers are sent it, watched by somebody who has to do something when it cannot be read: a
 * leader whose journal is damaged where a follower needs it cannot bring that follower back. Used by the catch-up
 * thread.
 */
public final class WatchedFrameSource implements FrameSource {
    /** Followers ask again many times a second. */
    private static final long INTERVAL_NS = TimeUnit.SECONDS.toNanos(10);

    private final FrameSource source;
    private final NodeClock clock;
    private final Runnable onUnreadable;
    private boolean isReported;
    private long reportedNs;

    private WatchedFrameSource(final FrameSource source, final NodeClock clock, final Runnable onUnreadable) {
        this.source = source;
        this.clock = clock;
        this.onUnreadable = onUnreadable;
    }

    /**
     * Watches all sources of a lane.
     *
     * @param sources of the lane
     * @param clock paces the reports
     * @param onUnreadable hears that frames are damaged or the device fails, at most every ten seconds for each source
     * @return the same, watched
     */
    public static Supplier<FrameSource> watch(
            final Supplier<FrameSource> sources, final NodeClock clock, final Runnable onUnreadable) {
        return () -> new WatchedFrameSource(sources.get(), clock, onUnreadable);
    }

    @Override
    public int read(final long fromPosition, final long limitPosition) {
        try {
            return source.read(fromPosition, limitPosition);
        } catch (final RuntimeException ex) {
            report();
            throw ex;
        }
    }

    private void report() {
        final long nowNs = clock.nanoTime();
        if (!isReported || nowNs - reportedNs >= INTERVAL_NS) {
            isReported = true;
            reportedNs = nowNs;
            onUnreadable.run();
        }
    }

    @Override
    public DirectBuffer buffer() {
        return source.buffer();
    }

    @Override
    public void close() {
        source.close();
    }
}
