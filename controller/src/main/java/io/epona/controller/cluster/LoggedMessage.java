package io.epona.controller.cluster;

import java.nio.ByteOrder;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A message in the log: what it is, then the handler's command, if it is one. Little-endian:
 *
 * <pre>
 *   offset 0  int  kind: 0 command of the handler, 1 the node is gone
 *          4  int  node id of the node that is gone, else 0
 *          8  the command
 * </pre>
 */
final class LoggedMessage {
    static final int COMMAND = 0;
    static final int NODE_GONE = 1;
    static final int HEADER_LENGTH = 8;

    private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;

    private LoggedMessage() {}

    static byte[] command(DirectBuffer buffer, int offset, int length) {
        byte[] message = new byte[HEADER_LENGTH + length];
        UnsafeBuffer target = new UnsafeBuffer(message);
        target.putInt(0, COMMAND, ORDER);
        target.putBytes(HEADER_LENGTH, buffer, offset, length);
        return message;
    }

    static byte[] nodeGone(int nodeId) {
        byte[] message = new byte[HEADER_LENGTH];
        UnsafeBuffer target = new UnsafeBuffer(message);
        target.putInt(0, NODE_GONE, ORDER);
        target.putInt(4, nodeId, ORDER);
        return message;
    }

    static int kind(DirectBuffer buffer, int offset) {
        return buffer.getInt(offset, ORDER);
    }

    static int nodeId(DirectBuffer buffer, int offset) {
        return buffer.getInt(offset + 4, ORDER);
    }
}
