package io.epona.sequencer;

import io.epona.codec.lane.LaneReplyDecoder;
import io.epona.codec.lane.LaneResult;
import org.agrona.DirectBuffer;

/** A reply as a gateway reads it. */
record Reply(
        long correlationId,
        LaneResult result,
        int partitionIndex,
        long baseOffset,
        long endPosition,
        long sequencedTimeNs,
        int laneId,
        int leaderEpoch) {
    static Reply of(final DirectBuffer buffer, final int offset) {
        final LaneReplyDecoder reply = new LaneReplyDecoder()
                .wrap(buffer, offset, LaneReplyDecoder.BLOCK_LENGTH, LaneReplyDecoder.SCHEMA_VERSION);
        return new Reply(
                reply.correlationId(),
                reply.result(),
                reply.partitionIndex(),
                reply.baseOffset(),
                reply.endPosition(),
                reply.sequencedTimeNs(),
                reply.laneId(),
                reply.leaderEpoch());
    }
}
