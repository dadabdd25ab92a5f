package io.epona.node.install;

import io.epona.codec.install.InstallResult;
import io.epona.partitionlog.LogImport;
import java.io.IOException;
import java.util.function.LongConsumer;
import org.agrona.collections.IntHashSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Makes one partition's log after the other end where a checkpoint wants it, with the records that the leader has
 * below. What a log has already is kept, when its last batch is the leader's, too. Used by one thread.
 */
final class PartitionCopier {
    private static final Logger LOGGER = LoggerFactory.getLogger(PartitionCopier.class);

    private final LogImport logs;
    private final Pace pace;
    private final LongConsumer onReceived;
    private final IntHashSet compared = new IntHashSet();
    private InstallClient client;
    private int partitionIndex;
    private long unflushedLength;
    private long leaderStart;

    /**
     * @param logs that are filled
     * @param pace of the bytes
     * @param onReceived gets each answer's bytes
     */
    PartitionCopier(final LogImport logs, final Pace pace, final LongConsumer onReceived) {
        this.logs = logs;
        this.pace = pace;
        this.onReceived = onReceived;
    }

    /** Whether the log that this node has is known to be a first part of its leader's. */
    boolean isCompared(final int index) {
        return compared.contains(index);
    }

    /**
     * Copies a partition.
     *
     * @param from the leader
     * @param index of a partition that this node's metadata have
     * @param endOffset where its log ends at the checkpoint
     * @param startOffset below which its records were deleted at a client's wish
     * @return false when the leader does not know the partition
     */
    boolean copy(final InstallClient from, final int index, final long endOffset, final long startOffset)
            throws IOException, InterruptedException, NotReadyException {
        client = from;
        partitionIndex = index;
        leaderStart = startOffset;
        if (!logs.open(index)) {
            return true; // deleted meanwhile
        }
        try {
            logs.cutTo(endOffset);
            if (compared.add(index) && !compare(endOffset)) {
                return false;
            }
            while (logs.endOffset() < endOffset) {
                if (!step(endOffset)) {
                    compared.remove(index);
                    return false;
                }
            }
            logs.trimTo(Math.min(leaderStart, endOffset));
        } catch (final IllegalArgumentException ex) {
            compared.remove(index); // looked at anew when it is tried again
            throw new NotReadyException(ex.getMessage());
        } catch (final IOException | RuntimeException | InterruptedException | NotReadyException ex) {
            compared.remove(index);
            throw ex;
        } finally {
            logs.release();
        }
        flushIfMany();
        return true;
    }

    /**
     * Keeps what the log has only when it is what the leader has; false when that does not know the partition. What the
     * leader has compacted beyond the end of this log is no sequel to it: a record that deleted one that is here may be
     * gone there, together with the one that it deleted.
     */
    private boolean compare(final long endOffset) throws IOException, InterruptedException, NotReadyException {
        final LogImport.Batch last = logs.lastBatch();
        if (last == null) {
            return true;
        }
        final InstallClient.Answer answer = ask(last.baseOffset(), InstallLimits.LOOK_LENGTH);
        if (answer.result() == InstallResult.UNKNOWN_PARTITION) {
            return false;
        }
        final boolean isSame = answer.result() == InstallResult.OK && last.equals(LogImport.firstOf(answer.body()));
        final boolean hasSequel = logs.endOffset() == endOffset || answer.position() <= logs.endOffset();
        if (!isSame || !hasSequel) {
            // Where the leader has compacted its log, or deleted its beginning, that is as it should be.
            final boolean isNatural = Math.max(answer.position(), answer.start()) > last.baseOffset();
            LOGGER.atLevel(isNatural ? Level.INFO : Level.WARN)
                    .log(
                            "the log of partition {} is not a first part of its leader's, so it is fetched anew: last"
                                    + " batch={}, leader's log={}..{}, compacted below={}",
                            partitionIndex,
                            last,
                            answer.start(),
                            answer.end(),
                            answer.position());
            logs.startAt(0);
        }
        return true;
    }

    /** Fetches once, and appends that; false when the leader does not know the partition. */
    private boolean step(final long endOffset) throws IOException, InterruptedException, NotReadyException {
        final long from = logs.endOffset();
        final InstallClient.Answer answer = ask(from, InstallLimits.CHUNK_LENGTH);
        switch (answer.result()) {
            case UNKNOWN_PARTITION -> {
                return false;
            }
            case OUT_OF_RANGE -> onOutOfRange(answer, from, endOffset);
            case OK -> onBatches(answer, endOffset);
            default -> throw new NotReadyException("the leader of the lane is another one now, or busy");
        }
        return true;
    }

    /** Retention has taken what would be next: the log begins later. */
    private void onOutOfRange(final InstallClient.Answer answer, final long from, final long endOffset)
            throws NotReadyException {
        if (answer.start() <= from) {
            throw new NotReadyException("the leader's log of partition " + partitionIndex + " ends too early: end="
                    + answer.end() + ", asked for=" + from);
        }
        leaderStart = Math.max(leaderStart, answer.start());
        logs.startAt(Math.min(answer.start(), endOffset));
    }

    private void onBatches(final InstallClient.Answer answer, final long endOffset) throws NotReadyException {
        leaderStart = Math.max(leaderStart, answer.start());
        final LogImport.Batch first = LogImport.firstOf(answer.body());
        if (first == null) {
            throw new NotReadyException("the leader's log of partition " + partitionIndex + " ends too early: end="
                    + answer.end() + ", asked for=" + logs.endOffset());
        }
        if (first.baseOffset() >= endOffset) {
            // Compaction took the batches before it away.
            logs.advanceTo(endOffset);
            return;
        }
        if (first.baseOffset() < logs.endOffset()) {
            // A log may begin within a batch; the batch is in it as a whole.
            if (logs.startOffset() < logs.endOffset()) {
                logs.startAt(0);
                throw new NotReadyException("batches of partition " + partitionIndex + " differ from the leader's");
            }
            logs.startAt(first.baseOffset());
        }
        final int length = logs.append(answer.body(), endOffset, answer.timestampMs());
        unflushedLength += length;
        if (unflushedLength >= InstallLimits.MAX_UNFLUSHED_LENGTH) {
            logs.flushOpen();
            flush();
        }
    }

    private InstallClient.Answer ask(final long offset, final int maxLength)
            throws IOException, InterruptedException, NotReadyException {
        final InstallClient.Answer answer = client.batches(partitionIndex, offset, maxLength);
        if (answer.result() == InstallResult.NOT_READY) {
            throw new NotReadyException("the leader of the lane is another one now, or busy");
        }
        final int length = answer.body().remaining();
        onReceived.accept(length);
        pace.use(length);
        return answer;
    }

    private void flushIfMany() {
        if (logs.unflushedCount() >= InstallLimits.MAX_UNFLUSHED_LOGS) {
            flush();
        }
    }

    /** Makes durable what was copied. */
    void flush() {
        logs.flush();
        unflushedLength = 0;
    }
}
