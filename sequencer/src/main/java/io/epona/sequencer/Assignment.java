package io.epona.sequencer;

import io.epona.codec.replication.LaneAssignmentDecoder;
import org.agrona.DirectBuffer;

/**
 * What the controller has committed about a lane, as the lane was told last. Sets of nodes are bits: bit n is node n.
 * Owned by the lane's thread; made once and filled again.
 */
final class Assignment {
    /** No node leads. */
    static final int NO_LEADER = -1;

    private final LaneAssignmentDecoder decoder = new LaneAssignmentDecoder();
    private final int[] incarnations = new int[LaneAssignmentDecoder.incarnationsLength()];
    private final Cell cell;

    private int laneId;
    private int leader = NO_LEADER;
    private int leaderEpoch;
    private int version;
    private int inSyncBits;
    private int aliveBits;

    Assignment(final Cell cell) {
        this.cell = cell;
    }

    /** Reads a message; false when it cannot be one. */
    boolean decode(final DirectBuffer buffer, final int offset, final int length) {
        if (length != LaneAssignmentDecoder.BLOCK_LENGTH) {
            return false;
        }
        final LaneAssignmentDecoder message =
                decoder.wrap(buffer, offset, length, LaneAssignmentDecoder.SCHEMA_VERSION);
        laneId = message.laneId();
        leader = message.leader();
        leaderEpoch = message.leaderEpoch();
        version = message.version();
        aliveBits = message.aliveBits();
        inSyncBits = 0;
        final int count = message.inSyncCount();
        if (count > LaneAssignmentDecoder.inSyncLength()) {
            return false;
        }
        for (int i = 0; i < count; i++) {
            if (!cell.isMember(message.inSync(i))) {
                return false;
            }
            inSyncBits |= 1 << message.inSync(i);
        }
        for (int i = 0; i < incarnations.length; i++) {
            incarnations[i] = message.incarnations(i);
        }
        return leader == NO_LEADER || cell.isMember(leader);
    }

    /** Becomes equal to another one. */
    void set(final Assignment other) {
        laneId = other.laneId;
        leader = other.leader;
        leaderEpoch = other.leaderEpoch;
        version = other.version;
        inSyncBits = other.inSyncBits;
        aliveBits = other.aliveBits;
        System.arraycopy(other.incarnations, 0, incarnations, 0, incarnations.length);
    }

    /** The assignment of a cell of one. */
    void alone(final int nodeId, final int epoch) {
        leader = nodeId;
        leaderEpoch = epoch;
        inSyncBits = 1 << nodeId;
        aliveBits = inSyncBits;
    }

    int laneId() {
        return laneId;
    }

    int leader() {
        return leader;
    }

    int leaderEpoch() {
        return leaderEpoch;
    }

    int version() {
        return version;
    }

    int inSyncBits() {
        return inSyncBits;
    }

    boolean isAlive(final int nodeId) {
        return (aliveBits & 1 << nodeId) != 0;
    }

    /** Low bits of the incarnation id with which a node is registered; 0 when the controller does not tell. */
    int incarnation(final int nodeId) {
        return incarnations[cell.indexOf(nodeId)];
    }
}
