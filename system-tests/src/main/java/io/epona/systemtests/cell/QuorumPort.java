package io.epona.systemtests.cell;

import io.epona.controller.ControlLog;
import io.epona.controller.ControlLogHandler;
import io.epona.controller.ControlLogStatus;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;
import org.agrona.DirectBuffer;

/** A node's end of the simulated control log, in one life of the node. */
final class QuorumPort implements ControlLog {
    private static final int MAX_COMMAND_LENGTH = 64 * 1024;

    final int nodeId;
    final Life life;
    final LongSupplier epochMs;
    ControlLogHandler handler;
    int nextIndex;
    boolean isDelivering;
    boolean isConnecting;
    boolean isConnected;
    long sessionId;
    private final SimulatedQuorum quorum;

    QuorumPort(final SimulatedQuorum quorum, final int nodeId, final Life life, final LongSupplier epochMs) {
        this.quorum = quorum;
        this.nodeId = nodeId;
        this.life = life;
        this.epochMs = epochMs;
    }

    /** A session that the quorum's leader watches. */
    static final class Session {
        final QuorumPort port;
        final long sessionId;
        long lastHeardNs;

        Session(final QuorumPort port, final long nowNs) {
            this.port = port;
            this.sessionId = port.sessionId;
            this.lastHeardNs = nowNs;
        }
    }

    @Override
    public void start(final ControlLogHandler newHandler) {
        handler = newHandler;
        quorum.begin(this);
        quorum.deliver(this);
    }

    @Override
    public boolean submit(final DirectBuffer buffer, final int offset, final int length) {
        if (!isConnected) {
            return false;
        }
        final byte[] command = new byte[length];
        buffer.getBytes(offset, command);
        quorum.submit(this, command);
        return true;
    }

    @Override
    public int maxCommandLength() {
        return MAX_COMMAND_LENGTH;
    }

    @Override
    public ControlLogStatus status() {
        final List<Integer> members =
                IntStream.rangeClosed(1, quorum.memberCount()).boxed().toList();
        return new ControlLogStatus(
                quorum.leader(), quorum.term(), quorum.entries().size(), members);
    }

    @Override
    public void close() {
        handler = null;
    }
}
