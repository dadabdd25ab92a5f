package io.epona.systemtests.cell;

import io.epona.codec.FrameDescriptor;
import io.epona.sequencer.LaneState;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;

/**
 * What one node has appended to its replica of the lane, kept by the checker beside the node: it outlives the node's
 * lives. One thread.
 */
final class ReplicaLog {
    private final int nodeId;
    private final int spanLength;
    private final FrameStore store;
    private final List<LogFrame> frames = new ArrayList<>();
    private long startPosition;
    private long end;

    /** All frames that were ever appended anywhere, each once. */
    static final class FrameStore {
        private final java.util.Map<Long, List<LogFrame>> byPosition = new java.util.HashMap<>();

        LogFrame unique(final LogFrame frame) {
            final List<LogFrame> same = byPosition.computeIfAbsent(frame.position, position -> new ArrayList<>(1));
            for (final LogFrame known : same) {
                if (known.isSameAs(frame)) {
                    return known;
                }
            }
            same.add(frame);
            return frame;
        }
    }

    ReplicaLog(final int nodeId, final int spanLength, final FrameStore store) {
        this.nodeId = nodeId;
        this.spanLength = spanLength;
        this.store = store;
    }

    long end() {
        return end;
    }

    /** Position of the first frame that is kept. */
    long startPosition() {
        return startPosition;
    }

    int lastEpoch() {
        return frames.isEmpty() ? 0 : frames.get(frames.size() - 1).leaderEpoch;
    }

    int size() {
        return frames.size();
    }

    LogFrame frame(final int index) {
        return frames.get(index);
    }

    /** Index of the first frame whose position is not below. */
    int indexOf(final long position) {
        int low = 0;
        int high = frames.size();
        while (low < high) {
            final int middle = (low + high) >>> 1;
            if (frames.get(middle).position < position) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** The lane says that its log ends here now: further on, with frames in the ring, or cut. */
    void onAppended(final DirectBuffer ring, final long appended) {
        if (appended < end) {
            cut(appended);
            return;
        }
        final int mask = ring.capacity() - 1;
        long position = FrameDescriptor.framePosition(end, spanLength);
        while (position < appended) {
            final int offset = (int) position & mask;
            final int frameLength = FrameDescriptor.frameLength(ring, offset);
            if (frameLength < FrameDescriptor.HEADER_LENGTH
                    || frameLength > FrameDescriptor.remainingInSpan(position, spanLength)
                    || FrameDescriptor.position(ring, offset) != position) {
                throw new Violation("node " + nodeId + " has appended something that is no frame: position=" + position
                        + ", frameLength=" + frameLength + ", appended=" + appended);
            }
            position = add(new LogFrame(ring, offset, spanLength));
        }
        end = appended;
    }

    private long add(final LogFrame frame) {
        final LogFrame last = frames.isEmpty() ? null : frames.get(frames.size() - 1);
        if (null != last && frame.leaderEpoch < last.leaderEpoch) {
            throw new Violation(
                    "node " + nodeId + " has appended a frame of an older epoch: " + frame + " after " + last);
        }
        if (null != last && frame.position < last.end) {
            throw new Violation("node " + nodeId + " has appended twice: " + frame + " after " + last);
        }
        frames.add(store.unique(frame));
        return frame.end;
    }

    void cut(final long position) {
        frames.subList(indexOf(position), frames.size()).clear();
        end = position;
        if (!frames.isEmpty()) {
            final LogFrame last = frames.get(frames.size() - 1);
            if (last.end > FrameDescriptor.framePosition(position, spanLength)) {
                throw new Violation("node " + nodeId + " has cut its log in the middle: " + last + ", end=" + position);
            }
        }
    }

    /** The disk was replaced by an empty one, or the lane's log begins anew at a position. */
    void restartAt(final long position) {
        frames.clear();
        startPosition = position;
        end = position;
    }

    /** Applies all frames to a state that has those before. */
    void replayInto(final LaneState state) {
        for (final LogFrame frame : frames) {
            if (frame.type != FrameDescriptor.TYPE_PADDING) {
                state.onFrame(frame.bytes, 0, frame.bytes.capacity(), frame.position);
            }
        }
    }

    /** The frame at a position, or null. */
    LogFrame at(final long position) {
        final int index = indexOf(position);
        return index < frames.size() && frames.get(index).position == position ? frames.get(index) : null;
    }
}
