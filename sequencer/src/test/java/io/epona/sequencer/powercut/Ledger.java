package io.epona.sequencer.powercut;

import io.epona.codec.FrameDescriptor;
import io.epona.sequencer.CheckpointCodec;
import io.epona.sequencer.LaneIdentity;
import io.epona.sequencer.LaneState;
import io.epona.sequencer.LaneStateConfig;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * What the world outside knows: the frames that the lane really appended, where each is, and the batches that were
 * acknowledged. It outlives every crash and is what the node is held against.
 */
final class Ledger {
    private final NavigableMap<Long, UnsafeBuffer> frames = new TreeMap<>();
    private final List<Batch> acknowledged = new ArrayList<>();
    private long knownDurable;
    private long marked;
    private final Set<Long> recovered = new HashSet<>();
    private long recoveredFrom;

    /** The lane appended a frame. */
    void onAppended(final DirectBuffer buffer, final int offset, final int frameLength, final long position) {
        final UnsafeBuffer copy = new UnsafeBuffer(new byte[frameLength]);
        copy.putBytes(0, buffer, offset, frameLength);
        frames.put(position, copy);
    }

    /** The node says that everything below is durable. */
    void onDurable(final long position) {
        knownDurable = Math.max(knownDurable, position);
    }

    /** A start or a clean stop has noted on the device that everything below is durable. */
    void onMarked(final long position) {
        marked = Math.max(marked, position);
    }

    void onAcknowledged(final Batch batch) {
        acknowledged.add(batch);
    }

    int acknowledgedCount() {
        return acknowledged.size();
    }

    List<Batch> acknowledged() {
        return acknowledged;
    }

    long knownDurable() {
        return knownDurable;
    }

    /** A recovery begins to read here. */
    void onRecoveryFrom(final long position) {
        recovered.clear();
        recoveredFrom = position;
    }

    /** Recovery hands on a frame: it must be the one that was appended last at its position. */
    void onRecovered(final DirectBuffer buffer, final int offset, final int frameLength, final long position) {
        final UnsafeBuffer appended = frames.get(position);
        if (null == appended) {
            throw new Violation("a frame was recovered that nobody appended: position=" + position);
        }
        if (appended.capacity() != frameLength) {
            throw new Violation("a frame was recovered with another length: position=" + position);
        }
        recovered.add(position);
        for (int i = 0; i < frameLength; i++) {
            if (buffer.getByte(offset + i) != appended.getByte(i)) {
                throw new Violation("a frame was recovered with other bytes: position=" + position + ", byte=" + i);
            }
        }
    }

    /** Recovery says that the log ends here: not below what was durable; what lies beyond is gone for good. */
    void onTail(final long tail) {
        Violation.check(
                tail >= knownDurable, "durable frames were cut: tail=" + tail + ", durable was " + knownDurable);
        final long end = frames.isEmpty() ? 0 : end(frames.lastEntry());
        // The skip at the end of a span may lie between.
        Violation.check(
                tail < end + 2 * FrameDescriptor.HEADER_LENGTH
                        || frames.headMap(tail).isEmpty()
                        || isPadded(tail, end),
                "the log ends beyond what was appended: tail=" + tail + ", end=" + end);
        frames.tailMap(tail, true).clear();
        // What a recovery that was itself interrupted has cut, and filled with padding, is gone, too.
        frames.tailMap(recoveredFrom, true).entrySet().removeIf(entry -> {
            final boolean isGone = !recovered.contains(entry.getKey());
            if (isGone && end(entry) <= knownDurable) {
                throw new Violation("a durable frame was not recovered: position=" + entry.getKey() + ", tail=" + tail
                        + ", durable was " + knownDurable);
            }
            return isGone;
        });
        knownDurable = tail;
    }

    /** A padding frame is not in the ledger; it may be what the log ends with. */
    private static boolean isPadded(final long tail, final long end) {
        return tail > end && (tail & 0xFFF) == 0;
    }

    private static long end(final Map.Entry<Long, UnsafeBuffer> entry) {
        return entry.getKey() + FrameDescriptor.alignedLength(entry.getValue().capacity());
    }

    /**
     * Highest position that a segment header, or an intact later frame that is itself durable, names as durable: damage
     * below must be noticed.
     */
    long evidencedPosition() {
        long evidenced = marked;
        for (final Map.Entry<Long, UnsafeBuffer> entry :
                frames.headMap(knownDurable).entrySet()) {
            if (end(entry) <= knownDurable) {
                evidenced = Math.max(evidenced, FrameDescriptor.committedPosition(entry.getValue(), 0));
            }
        }
        return evidenced;
    }

    /** The state must be what all frames from the log's beginning lead to. */
    void checkState(final LaneState state, final LaneStateConfig config, final LaneIdentity identity, final long tail) {
        final LaneState replayed = new LaneState(config);
        for (int i = 0; i < Plan.PARTITIONS; i++) {
            replayed.openPartition(i);
        }
        frames.forEach((position, frame) -> replayed.onFrame(frame, 0, frame.capacity(), position));
        final ExpandableArrayBuffer expected = new ExpandableArrayBuffer();
        final ExpandableArrayBuffer actual = new ExpandableArrayBuffer();
        final int expectedLength = CheckpointCodec.encode(replayed, identity, tail, tail, false, expected);
        final int actualLength = CheckpointCodec.encode(state, identity, tail, tail, false, actual);
        Violation.check(
                new UnsafeBuffer(expected, 0, expectedLength).equals(new UnsafeBuffer(actual, 0, actualLength)),
                "the recovered state differs from a full replay: tail=" + tail);
    }
}
