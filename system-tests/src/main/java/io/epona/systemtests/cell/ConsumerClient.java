package io.epona.systemtests.cell;

import io.epona.codec.FrameDescriptor;
import io.epona.codec.RecordBatchDescriptor;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;

/** A consumer of one partition from its beginning: it must see the history, all of it, once, in order. One thread. */
final class ConsumerClient {
    private static final long MEAN_POLL_NS = 20_000_000;
    private static final long REQUEST_TIMEOUT_NS = 300_000_000;

    private final World world;
    private final Brokers brokers;
    private final History history;
    private final int partition;
    private Connection connection;
    private long requestedNs;
    private boolean isWaiting;
    private long nextOffset;

    ConsumerClient(final World world, final Brokers brokers, final History history, final int partition) {
        this.world = world;
        this.brokers = brokers;
        this.history = history;
        this.partition = partition;
    }

    void start() {
        world.timeline().after(world.chance().between(0L, MEAN_POLL_NS), this::tick);
    }

    long nextOffset() {
        return nextOffset;
    }

    int partition() {
        return partition;
    }

    private void tick() {
        world.timeline().after(world.chance().between(MEAN_POLL_NS / 8, 2 * MEAN_POLL_NS), this::tick);
        final boolean isOverdue = isWaiting && world.timeline().nowNs() - requestedNs > REQUEST_TIMEOUT_NS;
        if (null != connection && (connection.isClosed() || isOverdue)) {
            leave();
        }
        if (null == connection) {
            connection = Connection.open(world, brokers);
        }
        if (null != connection && !isWaiting) {
            fetch(connection);
        }
    }

    private void leave() {
        connection.close();
        connection = null;
        isWaiting = false;
    }

    private void fetch(final Connection from) {
        isWaiting = true;
        requestedNs = world.timeline().nowNs();
        from.send(() ->
                from.broker.fetch(partition, nextOffset, batches -> from.answer(() -> onAnswer(from, batches))));
    }

    private void onAnswer(final Connection from, final List<UnsafeBuffer> batches) {
        if (from != connection) {
            return;
        }
        isWaiting = false;
        if (null == batches) {
            leave();
            return;
        }
        for (final UnsafeBuffer batch : batches) {
            see(from, batch);
        }
    }

    private void see(final Connection from, final UnsafeBuffer batch) {
        final long baseOffset = RecordBatchDescriptor.baseOffset(batch, 0);
        final LogFrame frame = history.find(partition, nextOffset);
        if (baseOffset != nextOffset || null == frame || frame.baseOffset() != baseOffset || !isSame(batch, frame)) {
            throw new Violation("a consumer sees what is not committed there: from node " + from.broker.nodeId()
                    + ", partition " + partition + ", offset " + nextOffset + ", got offset " + baseOffset
                    + ", committed is " + frame);
        }
        nextOffset = frame.nextOffset();
    }

    private static boolean isSame(final UnsafeBuffer batch, final LogFrame frame) {
        final int length = frame.bytes.capacity() - FrameDescriptor.PAYLOAD_OFFSET;
        if (batch.capacity() != length) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            if (batch.getByte(i) != frame.bytes.getByte(FrameDescriptor.PAYLOAD_OFFSET + i)) {
                return false;
            }
        }
        return true;
    }
}
