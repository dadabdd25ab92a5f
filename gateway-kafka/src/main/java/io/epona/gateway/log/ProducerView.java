package io.epona.gateway.log;

import io.epona.codec.ControlBatchDescriptor;
import io.epona.codec.FrameDescriptor;
import io.epona.codec.RecordBatchDescriptor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.agrona.DirectBuffer;
import org.apache.kafka.common.message.DescribeProducersResponseData.ProducerState;

/** The producers of a partition: what its log knows, and the frames in memory that come after that. Stateless. */
public final class ProducerView {
    private static final long NO_OFFSET = -1;
    private static final int NO_SEQUENCE = -1;

    private ProducerView() {}

    /**
     * Puts both together.
     *
     * @param inLog as the log knows them.
     * @param logEndOffset up to which it does.
     */
    public static List<ProducerState> of(
            final List<ProducerState> inLog, final long logEndOffset, final PartitionTail tail) {
        final Map<Long, ProducerState> states = new LinkedHashMap<>();
        inLog.forEach(state -> states.put(state.producerId(), state.duplicate()));
        final DirectBuffer ring = tail.lane().view().ring().buffer();
        for (long frame = tail.firstFrame(); frame < tail.endFrame(); frame++) {
            if (tail.baseOffset(frame) >= logEndOffset) {
                final int batch =
                        tail.lane().view().ring().offset(tail.position(frame)) + FrameDescriptor.PAYLOAD_OFFSET;
                apply(states, ring, batch, tail.baseOffset(frame));
            }
        }
        return new ArrayList<>(states.values());
    }

    private static void apply(
            final Map<Long, ProducerState> states, final DirectBuffer ring, final int batch, final long baseOffset) {
        final long producerId = RecordBatchDescriptor.producerId(ring, batch);
        if (producerId < 0) {
            return;
        }
        final ProducerState state = states.computeIfAbsent(
                producerId,
                id -> new ProducerState()
                        .setProducerId(id)
                        .setLastSequence(NO_SEQUENCE)
                        .setCoordinatorEpoch(NO_SEQUENCE)
                        .setCurrentTxnStartOffset(NO_OFFSET));
        state.setProducerEpoch(RecordBatchDescriptor.producerEpoch(ring, batch))
                .setLastTimestamp(RecordBatchDescriptor.maxTimestamp(ring, batch));
        if (RecordBatchDescriptor.isControl(ring, batch)) {
            if (ControlBatchDescriptor.type(ring, batch) != ControlBatchDescriptor.TYPE_UNKNOWN) {
                state.setCoordinatorEpoch(ControlBatchDescriptor.coordinatorEpoch(ring, batch));
            }
            state.setCurrentTxnStartOffset(NO_OFFSET);
            return;
        }
        state.setLastSequence(RecordBatchDescriptor.lastSequence(ring, batch));
        if (RecordBatchDescriptor.isTransactional(ring, batch) && state.currentTxnStartOffset() == NO_OFFSET) {
            state.setCurrentTxnStartOffset(baseOffset);
        }
    }
}
