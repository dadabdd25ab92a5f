package io.epona.node.install;

import io.epona.codec.install.AnswerEncoder;
import io.epona.codec.install.BatchesRequestDecoder;
import io.epona.codec.install.CheckpointRequestDecoder;
import io.epona.codec.install.InstallResult;
import io.epona.codec.install.LaneRequestDecoder;
import io.epona.partitionlog.LogRead;
import io.epona.sequencer.CheckpointCopy;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers one node that installs lanes. Used by the connection's thread. */
final class InstallService {
    private static final Logger LOGGER = LoggerFactory.getLogger(InstallService.class);
    private static final byte[] NOTHING = {};

    private final InstallServer.Context context;
    private final InstallChannel channel;
    private final BooleanSupplier isClosed;
    private final AnswerEncoder answer = new AnswerEncoder();
    private final CheckpointRequestDecoder checkpointRequest = new CheckpointRequestDecoder();
    private final LaneRequestDecoder laneRequest = new LaneRequestDecoder();
    private final BatchesRequestDecoder batchesRequest = new BatchesRequestDecoder();

    InstallService(final InstallServer.Context context, final InstallChannel channel, final BooleanSupplier isClosed) {
        this.context = context;
        this.channel = channel;
        this.isClosed = isClosed;
    }

    /** Waits for a request and answers it; false when there is none any more. */
    boolean answerNext() throws IOException, InterruptedException {
        final int templateId = channel.receive();
        switch (templateId) {
            case CheckpointRequestDecoder.TEMPLATE_ID -> {
                checkpointRequest.wrap(
                        channel.receiveBuffer(),
                        0,
                        CheckpointRequestDecoder.BLOCK_LENGTH,
                        CheckpointRequestDecoder.SCHEMA_VERSION);
                onCheckpoint();
            }
            case LaneRequestDecoder.TEMPLATE_ID -> {
                laneRequest.wrap(
                        channel.receiveBuffer(), 0, LaneRequestDecoder.BLOCK_LENGTH, LaneRequestDecoder.SCHEMA_VERSION);
                onLane();
            }
            case BatchesRequestDecoder.TEMPLATE_ID -> {
                batchesRequest.wrap(
                        channel.receiveBuffer(),
                        0,
                        BatchesRequestDecoder.BLOCK_LENGTH,
                        BatchesRequestDecoder.SCHEMA_VERSION);
                onBatches();
            }
            case -1 -> {
                return false;
            }
            default -> throw new IOException("an unknown request: templateId=" + templateId);
        }
        return true;
    }

    private void onCheckpoint() throws IOException, InterruptedException {
        final int laneId = checkpointRequest.laneId();
        if (!admit(laneId, checkpointRequest.clusterIdHigh(), checkpointRequest.clusterIdLow())) {
            return;
        }
        final LaneSource lane = context.lanes().get(laneId);
        final CheckpointCopy copy = copy(lane);
        if (copy == null || !awaitDrained(lane, copy.position()) || !lane.isLeading()) {
            refuse(InstallResult.NOT_READY);
            return;
        }
        LOGGER.info(
                "node {} installs lane {} from here, at position {}",
                checkpointRequest.fromNode(),
                laneId,
                copy.position());
        answer(InstallResult.OK, bounds(lane, copy.position()), copy.bytes(), copy.bytes().length);
    }

    private static CheckpointCopy copy(final LaneSource lane) throws InterruptedException {
        try {
            return lane.checkpoint().requestCopy().get(InstallLimits.CHECKPOINT_TIMEOUT_MS, TimeUnit.MILLISECONDS);
        } catch (final TimeoutException ex) {
            return null;
        } catch (final ExecutionException ex) {
            throw new IllegalStateException(
                    "no checkpoint can be made: " + ex.getCause().getMessage(), ex.getCause());
        }
    }

    private boolean awaitDrained(final LaneSource lane, final long position) throws InterruptedException {
        final long deadlineNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(InstallLimits.DRAIN_TIMEOUT_MS);
        while (lane.counters().drained().getAcquire() < position) {
            if (isClosed.getAsBoolean() || System.nanoTime() - deadlineNs > 0) {
                return false;
            }
            lane.shelf().requestDrain();
            Thread.sleep(InstallLimits.POLL_MS);
        }
        return true;
    }

    private void onLane() throws IOException {
        final int laneId = laneRequest.laneId();
        if (admit(laneId, laneRequest.clusterIdHigh(), laneRequest.clusterIdLow())) {
            final LaneSource lane = context.lanes().get(laneId);
            answer(InstallResult.OK, bounds(lane, lane.journalLength()), NOTHING, 0);
        }
    }

    private void onBatches() throws IOException {
        if (!admit(batchesRequest.laneId(), batchesRequest.clusterIdHigh(), batchesRequest.clusterIdLow())) {
            return;
        }
        final int maxLength = Math.clamp(batchesRequest.maxLength(), 1, InstallLimits.CHUNK_LENGTH);
        try (LogRead read =
                context.logs().read(batchesRequest.partitionIndex(), batchesRequest.fetchOffset(), maxLength, true)) {
            switch (read.status()) {
                case RECORDS -> sendRecords(read, bounds(batchesRequest.partitionIndex(), read));
                case EMPTY -> answer(InstallResult.OK, bounds(batchesRequest.partitionIndex(), read), NOTHING, 0);
                case OFFSET_OUT_OF_RANGE ->
                    answer(InstallResult.OUT_OF_RANGE, bounds(batchesRequest.partitionIndex(), read), NOTHING, 0);
                case UNKNOWN_PARTITION -> refuse(InstallResult.UNKNOWN_PARTITION);
                case OPENING -> refuse(InstallResult.NOT_READY);
            }
        }
    }

    private static long[] bounds(final LaneSource lane, final long position) {
        return new long[] {
            position, lane.bounds().oldestPosition(), lane.counters().appended().getAcquire(), 0
        };
    }

    /** Asked after the read, so that it tells of all that was missing then. */
    private long[] bounds(final int partitionIndex, final LogRead read) {
        return new long[] {context.logs().compactedBelow(partitionIndex), read.logStartOffset(), read.logEndOffset(), 0
        };
    }

    private void sendRecords(final LogRead read, final long[] values) throws IOException {
        final ByteBuffer body = ByteBuffer.allocate(read.length());
        read.records().readInto(body, 0);
        values[3] = read.records().file().lastModified();
        answer(InstallResult.OK, values, body.array(), body.remaining());
        context.sentLength().getAndAddRelease(body.remaining());
    }

    /** Whether this node may answer for a lane; if not, it has said so. */
    private boolean admit(final int laneId, final long clusterIdHigh, final long clusterIdLow) throws IOException {
        if (clusterIdHigh != context.clusterIdHigh()
                || clusterIdLow != context.clusterIdLow()
                || laneId >= context.lanes().size()) {
            refuse(InstallResult.REFUSED);
            return false;
        }
        if (!context.lanes().get(laneId).isLeading()) {
            refuse(InstallResult.NOT_READY);
            return false;
        }
        return true;
    }

    private void refuse(final InstallResult result) throws IOException {
        answer(result, new long[4], NOTHING, 0);
    }

    /** Values: position, start, end, time stamp. */
    private void answer(final InstallResult result, final long[] values, final byte[] body, final int bodyLength)
            throws IOException {
        answer.wrap(channel.sendBuffer(), InstallChannel.messageOffset())
                .result(result)
                .reserved(0)
                .bodyLength(bodyLength)
                .position(values[0])
                .start(values[1])
                .end(values[2])
                .timestampMs(values[3]);
        channel.send(AnswerEncoder.TEMPLATE_ID, AnswerEncoder.BLOCK_LENGTH);
        channel.sendBody(body, bodyLength);
    }
}
