package io.epona.controller.cluster;

import java.nio.ByteOrder;
import java.util.UUID;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * What members tell each other about themselves outside of consensus: whether there is a log, and who leads it. One
 * Aeron message, little-endian:
 *
 * <pre>
 *   offset  0  int   magic "EPCS"         24 long cell id, upper half
 *           4  byte  version (1)          32 long cell id, lower half
 *           5  byte  kind                 40 long leadership term
 *           6  byte  phase                48 long committed position
 *           7  byte  1: leads             56 long where the kept log begins
 *           8  int   node id              64 end
 *          12  int   (0)
 *          16  long  incarnation that asked
 * </pre>
 *
 * @param kind a question, or the answer to one.
 * @param nodeId who says this.
 * @param askerIncarnation who asked: an answer counts only for the start of a process that asked.
 * @param cellId of its log; of an {@code EMPTY} member the id that it proposes.
 * @param phase whether it has a log.
 * @param hasTerms whether its log has ever had a leader.
 * @param isLeader whether it leads now, with a quorum behind it.
 * @param leadershipTermId newest term that it knows, -1 when none.
 * @param committedPosition bytes of the log that it knows to be in it for good.
 * @param logStartPosition first byte of the log that it still has.
 */
record MemberStatus(
        Kind kind,
        int nodeId,
        long askerIncarnation,
        UUID cellId,
        MemberState.Phase phase,
        boolean hasTerms,
        boolean isLeader,
        long leadershipTermId,
        long committedPosition,
        long logStartPosition) {
    static final int ENCODED_LENGTH = 64;

    private static final int MAGIC = 0x53435045;
    private static final byte VERSION = 1;
    private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;
    private static final int LEADER_FLAG = 1;
    private static final int TERMS_FLAG = 2;

    enum Kind {
        QUESTION,
        ANSWER
    }

    /** Whether the member has a log that a cell has worked with. */
    boolean hasLog() {
        return phase == MemberState.Phase.SEEDING || phase == MemberState.Phase.MEMBER && hasTerms;
    }

    void encode(MutableDirectBuffer buffer) {
        buffer.putInt(0, MAGIC, ORDER);
        buffer.putByte(4, VERSION);
        buffer.putByte(5, (byte) kind.ordinal());
        buffer.putByte(6, (byte) phase.ordinal());
        buffer.putByte(7, (byte) ((isLeader ? LEADER_FLAG : 0) | (hasTerms ? TERMS_FLAG : 0)));
        buffer.putInt(8, nodeId, ORDER);
        buffer.putInt(12, 0, ORDER);
        buffer.putLong(16, askerIncarnation, ORDER);
        buffer.putLong(24, cellId.getMostSignificantBits(), ORDER);
        buffer.putLong(32, cellId.getLeastSignificantBits(), ORDER);
        buffer.putLong(40, leadershipTermId, ORDER);
        buffer.putLong(48, committedPosition, ORDER);
        buffer.putLong(56, logStartPosition, ORDER);
    }

    /** The message, or null when it is none of ours (another version, another program on that port). */
    static MemberStatus decode(DirectBuffer buffer, int offset, int length) {
        if (length < ENCODED_LENGTH
                || buffer.getInt(offset, ORDER) != MAGIC
                || buffer.getByte(offset + 4) != VERSION
                || buffer.getByte(offset + 5) >= Kind.values().length
                || buffer.getByte(offset + 6) >= MemberState.Phase.values().length) {
            return null;
        }
        int flags = buffer.getByte(offset + 7);
        return new MemberStatus(
                Kind.values()[buffer.getByte(offset + 5)],
                buffer.getInt(offset + 8, ORDER),
                buffer.getLong(offset + 16, ORDER),
                new UUID(buffer.getLong(offset + 24, ORDER), buffer.getLong(offset + 32, ORDER)),
                MemberState.Phase.values()[buffer.getByte(offset + 6)],
                (flags & TERMS_FLAG) != 0,
                (flags & LEADER_FLAG) != 0,
                buffer.getLong(offset + 40, ORDER),
                buffer.getLong(offset + 48, ORDER),
                buffer.getLong(offset + 56, ORDER));
    }
}
