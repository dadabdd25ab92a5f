package io.epona.controller.cluster;

import java.nio.ByteOrder;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * The messages of a snapshot recording after Aeron's own. Little-endian; a part of the state is one message:
 *
 * <pre>
 *   offset 0  int  kind: 1 head, 2 part, 3 end
 *          4  int  length of the part; of the head and the end 0
 *          8  long head: the newest timestamp in the log so far, ms; part: its number from 0; end: number of parts
 *         16  the part
 * </pre>
 *
 * <p>That a snapshot is whole is told by its end; that its bytes are right by the archive's checksum of each frame.
 */
final class SnapshotFormat {
    static final int HEAD = 1;
    static final int PART = 2;
    static final int END = 3;
    static final int HEADER_LENGTH = 16;

    private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;

    private SnapshotFormat() {}

    static void encodeHeader(MutableDirectBuffer buffer, int kind, int partLength, long value) {
        buffer.putInt(0, kind, ORDER);
        buffer.putInt(4, partLength, ORDER);
        buffer.putLong(8, value, ORDER);
    }

    static int kind(DirectBuffer buffer, int offset) {
        return buffer.getInt(offset, ORDER);
    }

    static int partLength(DirectBuffer buffer, int offset) {
        return buffer.getInt(offset + 4, ORDER);
    }

    static long value(DirectBuffer buffer, int offset) {
        return buffer.getLong(offset + 8, ORDER);
    }
}
