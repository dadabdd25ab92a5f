package io.epona.sequencer;

import io.epona.codec.FrameDescriptor;
import io.epona.journal.LogRing;
import io.epona.runtime.budget.BreachLog;
import io.epona.runtime.budget.Stage;
import io.epona.runtime.budget.StageRecorder;
import org.agrona.DirectBuffer;

/**
 * Walks newly committed frames in the ring and records how long their stages took. Owned by the lane's thread;
 * allocates nothing. It keeps its own position, since commits may come faster than one duty cycle may record.
 */
final class CommitRecorder {
    private final DirectBuffer buffer;
    private final int ringMask;
    private final int spanLength;
    private final StageRecorder stages;
    private final BreachLog breaches;
    private final boolean isReplicated;
    private final ProgressTimes durable = new ProgressTimes();
    private final ProgressTimes replicated = new ProgressTimes();
    private long position;

    CommitRecorder(
            final LogRing ring,
            final int spanLength,
            final StageRecorder stages,
            final BreachLog breaches,
            final long position) {
        this.buffer = ring.buffer();
        this.ringMask = ring.mask();
        this.spanLength = spanLength;
        this.stages = stages;
        this.breaches = breaches;
        this.isReplicated = stages.records(Stage.REPLICATE);
        skipTo(position);
    }

    /** Frames below are recorded. */
    long position() {
        return position;
    }

    /** Leaves out what lies before: frames that another leader sequenced. */
    void skipTo(final long newPosition) {
        position = newPosition;
        durable.beginAt(newPosition);
        replicated.beginAt(newPosition);
    }

    /**
     * Notes how far the copies are, from which the parts of the commit stage follow.
     *
     * @param durablePosition of this node.
     * @param replicatedPosition the least durable position over the other replicas that commits wait for, 0 when there
     *     are none.
     * @param nowNs when that was seen, ns since the Unix epoch.
     */
    void reached(final long durablePosition, final long replicatedPosition, final long nowNs) {
        durable.reached(durablePosition, nowNs);
        replicated.reached(replicatedPosition, nowNs);
    }

    /**
     * Records committed frames, a bounded number of them.
     *
     * @param committed position.
     * @param nowNs when they were seen to be committed, ns since the Unix epoch.
     * @return number of frames walked.
     */
    int record(final long committed, final long nowNs) {
        long position = this.position;
        int frames = 0;
        while (position < committed && frames < LaneLimits.MAX_RECORDED_FRAMES_PER_CYCLE) {
            final int offset = (int) position & ringMask;
            if (FrameDescriptor.type(buffer, offset) == FrameDescriptor.TYPE_RECORDS) {
                recordFrame(offset, position, nowNs);
            }
            position = FrameDescriptor.nextFramePosition(
                    position, FrameDescriptor.frameLength(buffer, offset), spanLength);
            frames++;
        }
        this.position = position;
        return frames;
    }

    private void recordFrame(final int offset, final long position, final long nowNs) {
        final long ingressTimeNs = FrameDescriptor.ingressTimeNs(buffer, offset);
        final long sequencedTimeNs = FrameDescriptor.sequencedTimeNs(buffer, offset);
        final long sequenceNs = sequencedTimeNs - ingressTimeNs;
        final long commitNs = nowNs - ingressTimeNs;
        long journalNs = nowNs - sequencedTimeNs;
        long replicateNs = 0;
        if (isReplicated) {
            final long end = position + FrameDescriptor.frameLength(buffer, offset);
            final long durableNs = durable.timeOf(end);
            final long replicatedNs = replicated.timeOf(end);
            journalNs = durableNs == ProgressTimes.UNKNOWN ? journalNs : durableNs - sequencedTimeNs;
            if (replicatedNs != ProgressTimes.UNKNOWN) {
                replicateNs = replicatedNs - sequencedTimeNs;
                stages.record(Stage.REPLICATE, replicateNs);
            }
        }
        stages.record(Stage.SEQUENCE, sequenceNs);
        stages.record(Stage.JOURNAL, journalNs);
        stages.record(Stage.COMMIT, commitNs);
        if (Stage.COMMIT.isBreachedBy(commitNs)) {
            recordBreach(offset, nowNs, commitNs, sequenceNs, journalNs, replicateNs);
        }
    }

    private void recordBreach(
            final int offset,
            final long nowNs,
            final long commitNs,
            final long sequenceNs,
            final long journalNs,
            final long replicateNs) {
        final long longestNs = Math.max(sequenceNs, Math.max(journalNs, replicateNs));
        final Stage culprit =
                longestNs == journalNs ? Stage.JOURNAL : longestNs == replicateNs ? Stage.REPLICATE : Stage.SEQUENCE;
        breaches.record(
                nowNs,
                FrameDescriptor.partitionIndex(buffer, offset),
                FrameDescriptor.baseOffset(buffer, offset),
                Stage.COMMIT,
                commitNs,
                culprit,
                longestNs);
    }
}
