package io.epona.node.install;

import io.epona.codec.install.InstallResult;
import io.epona.journal.CheckpointHeaderValidator;
import io.epona.journal.JournalConfig;
import io.epona.partitionlog.PartitionDirectory;
import io.epona.partitionlog.PartitionLogs;
import io.epona.sequencer.Checkpoint;
import io.epona.sequencer.CheckpointCodec;
import io.epona.sequencer.LaneIdentity;
import io.epona.sequencer.LaneState;
import io.epona.sequencer.LaneStateConfig;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.agrona.collections.IntArrayList;
import org.agrona.concurrent.UnsafeBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Copies one lane from its leader, round after round: each brings the partition logs to a newer checkpoint, and has
 * less to do than the one before. Used by one thread.
 */
final class LaneCopier {
    private static final Logger LOGGER = LoggerFactory.getLogger(LaneCopier.class);

    private final JournalConfig journal;
    private final LaneStateConfig stateConfig;
    private final PartitionLogs logs;
    private final PartitionDirectory directory;
    private final PartitionCopier partitions;
    private long reportDueNs;
    private long receivedLength;

    /**
     * What came of a round.
     *
     * @param position of the checkpoint
     * @param checkpoint whose records are all in the partition logs, flushed
     * @param hasRoom whether the leader's journal will reach back to it long enough
     */
    record Round(long position, ByteBuffer checkpoint, boolean hasRoom) {}

    LaneCopier(final Installer.Context context, final JournalConfig journal, final PartitionCopier partitions) {
        this.journal = journal;
        this.stateConfig = context.stateConfig();
        this.logs = context.logs();
        this.directory = context.directory();
        this.partitions = partitions;
    }

    int laneId() {
        return journal.laneId();
    }

    void onReceived(final long length) {
        receivedLength += length;
    }

    /** One round; what it has done is kept when it fails. */
    Round copy(final InstallClient client) throws IOException, InterruptedException, NotReadyException {
        final InstallClient.Answer answer = client.checkpoint();
        if (answer.result() != InstallResult.OK) {
            throw new NotReadyException("the leader has no checkpoint yet whose records are all in its partition logs");
        }
        final LaneState state = decode(answer.body()).state();
        final IntArrayList indexes = new IntArrayList();
        state.forEachPartition(indexes::addInt);
        final int[] sorted = indexes.toIntArray();
        Arrays.sort(sorted);
        final long receivedBefore = receivedLength;
        reportDueNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(InstallLimits.REPORT_MS);
        int missingCount = 0;
        for (int i = 0; i < sorted.length; i++) {
            missingCount += copy(client, state, sorted[i]) ? 0 : 1;
            report(i, sorted.length);
        }
        partitions.flush();
        if (missingCount > 0) {
            throw new NotReadyException(
                    "leader and this node know different partitions, soon the same: count=" + missingCount);
        }
        final InstallClient.Answer now = client.lane();
        if (now.result() != InstallResult.OK) {
            throw new NotReadyException("the leader is another one now");
        }
        final boolean hasRoom = hasRoom(answer.position(), now);
        LOGGER.info(
                "lane {}: copied {} bytes, has all below position {}; the leader's log is {}..{} now: {}",
                laneId(),
                receivedLength - receivedBefore,
                answer.position(),
                now.start(),
                now.end(),
                hasRoom ? "near enough" : "once more");
        return new Round(answer.position(), answer.body(), hasRoom);
    }

    /** False when one of the two nodes does not know the partition, because it was just made or deleted. */
    private boolean copy(final InstallClient client, final LaneState state, final int partitionIndex)
            throws IOException, InterruptedException, NotReadyException {
        if (directory.partition(partitionIndex) == null) {
            return partitionIndex < directory.announcedLimit();
        }
        final long endOffset = state.nextOffset(partitionIndex);
        final long startOffset = state.startOffset(partitionIndex);
        final boolean hasAll = logs.logEndOffset(partitionIndex) == endOffset
                && (endOffset == 0
                        || partitions.isCompared(partitionIndex) && logs.logStartOffset(partitionIndex) >= startOffset);
        return hasAll || partitions.copy(client, partitionIndex, endOffset, startOffset);
    }

    private Checkpoint decode(final ByteBuffer body) throws IOException {
        final UnsafeBuffer buffer = new UnsafeBuffer(body);
        final String damage = new CheckpointHeaderValidator(journal).check(buffer, buffer.capacity());
        if (damage != null) {
            throw new IOException("the leader sent no good checkpoint: " + damage);
        }
        return CheckpointCodec.decode(
                buffer,
                buffer.capacity(),
                new LaneIdentity(journal.laneId(), journal.clusterIdHigh(), journal.clusterIdLow()),
                stateConfig);
    }

    /** Whether the leader may write several times what it wrote during this round before the position is recycled. */
    private static boolean hasRoom(final long position, final InstallClient.Answer now) {
        final long written = now.end() - position;
        final long left = position + now.position() - now.end();
        return position >= now.start() && left >= InstallLimits.ROOM_FACTOR * written;
    }

    private void report(final int copied, final int count) {
        final long nowNs = System.nanoTime();
        if (nowNs - reportDueNs > 0) {
            reportDueNs = nowNs + TimeUnit.MILLISECONDS.toNanos(InstallLimits.REPORT_MS);
            LOGGER.info(
                    "lane {}: {} of {} partitions are copied, {} bytes in all",
                    laneId(),
                    copied,
                    count,
                    receivedLength);
        }
    }
}
