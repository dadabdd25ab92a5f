package io.epona.gateway.produce;

import io.epona.runtime.LaneRole;
import java.util.ArrayDeque;

/**
 * The rule by which batches that a lane has appended are answered, for those that wait for one of the lane's positions.
 * A batch is acknowledged when the position has reached its end, and the lane still leads in the epoch in which it
 * appended the batch: after a change of leader the same position may be the end of somebody else's batch, so everything
 * of another epoch is failed at once, wherever the position is. The position is read first, the number of in-sync
 * replicas then, the epoch last; {@link LaneRole} tells why that order is right.
 *
 * <p>Without I/O. One thread calls all methods; in steady state they allocate nothing.
 */
public final class PendingAnswers {
    private final LaneRole role;
    private final ArrayDeque<Pending> queue = new ArrayDeque<>();

    /** A batch that was appended and not answered yet. */
    public abstract static class Pending {
        private long endPosition;
        private int leaderEpoch;
        private int minInSync;

        /** Whether it was answered in another way meanwhile, such as that its time was over. */
        protected abstract boolean isAnswered();

        /** The position has reached the end of the batch, in the epoch in which it was appended. */
        protected abstract void onAcknowledged();

        /** As {@link #onAcknowledged()}, but with fewer in-sync replicas than the batch needs. */
        protected abstract void onTooFewReplicas();

        /** The node does not lead any more in the epoch in which the batch was appended: what becomes of it is open. */
        protected abstract void onLeadershipLost();
    }

    /** Nothing waits yet. */
    public PendingAnswers(final LaneRole role) {
        this.role = role;
    }

    /**
     * A batch waits, in the order in which the lane has appended.
     *
     * @param pending the batch.
     * @param endPosition end of its frame.
     * @param leaderEpoch out of the lane's reply.
     * @param minInSync fewest in-sync replicas with which it may be acknowledged; 0 for any number.
     */
    public void add(final Pending pending, final long endPosition, final int leaderEpoch, final int minInSync) {
        pending.endPosition = endPosition;
        pending.leaderEpoch = leaderEpoch;
        pending.minInSync = minInSync;
        queue.add(pending);
    }

    /** Number of batches that wait. */
    public int size() {
        return queue.size();
    }

    /**
     * Answers what can be answered.
     *
     * @param position of the lane, read before this call.
     * @return number of batches that do not wait any more.
     */
    public int poll(final long position) {
        Pending head = queue.peek();
        if (head == null) {
            return 0;
        }
        final long inSync = role.inSync().getAcquire();
        final long leadingEpoch = role.leadingEpoch().getAcquire();
        int count = 0;
        while (head != null) {
            final boolean isLost = head.leaderEpoch != leadingEpoch;
            if (!isLost && head.endPosition > position && !head.isAnswered()) {
                break;
            }
            queue.poll();
            count++;
            if (!head.isAnswered()) {
                answer(head, isLost, inSync);
            }
            head = queue.peek();
        }
        return count;
    }

    private static void answer(final Pending pending, final boolean isLost, final long inSync) {
        if (isLost) {
            pending.onLeadershipLost();
        } else if (inSync < pending.minInSync) {
            pending.onTooFewReplicas();
        } else {
            pending.onAcknowledged();
        }
    }
}
