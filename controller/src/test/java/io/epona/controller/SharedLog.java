package io.epona.controller;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A control log in memory for several nodes on one thread: what one end submits, all ends hear of in one order. Ends
 * can be cut off, and then hear of nothing until they are joined again.
 */
final class SharedLog {
    private final List<Event> events = new ArrayList<>();
    private final List<End> ends = new ArrayList<>();
    private long lastSessionId;
    private boolean isDelivering;

    private record Event(long sessionId, byte[] command) {}

    /** A new end, for one start of a node. */
    End end() {
        End end = new End();
        ends.add(end);
        return end;
    }

    /** The leader of the log has not heard of an end for too long. */
    void expire(End end) {
        if (end.sessionId >= 0) {
            events.add(new Event(end.sessionId, null));
            end.sessionId = -1;
            deliver();
        }
    }

    private void deliver() {
        if (isDelivering) {
            return;
        }
        isDelivering = true;
        boolean isMore = true;
        while (isMore) {
            isMore = false;
            for (End end : List.copyOf(ends)) {
                isMore |= end.poll();
            }
        }
        isDelivering = false;
    }

    /** A node's end. */
    final class End implements ControlLog {
        private final ArrayDeque<byte[]> unsent = new ArrayDeque<>();
        private ControlLogHandler handler;
        private int next;
        private long sessionId = -1;
        boolean isCutOff;
        boolean isClosed;
        boolean isRefusing;

        @Override
        public void start(ControlLogHandler controlLogHandler) {
            handler = controlLogHandler;
        }

        /** Connects, with a new session. */
        void connect() {
            isCutOff = false;
            sessionId = ++lastSessionId;
            handler.onConnected(sessionId);
            while (!unsent.isEmpty()) {
                events.add(new Event(sessionId, unsent.poll()));
            }
            deliver();
        }

        /** Has the handler write a snapshot, which goes nowhere. */
        void takeSnapshot() {
            handler.takeSnapshot((buffer, offset, length) -> {});
        }

        private boolean poll() {
            if (isCutOff || isClosed || next == events.size()) {
                return false;
            }
            Event event = events.get(next++);
            if (event.command() == null) {
                handler.onSessionClosed(event.sessionId(), next);
            } else {
                handler.onCommand(
                        event.sessionId(), next, new UnsafeBuffer(event.command()), 0, event.command().length);
            }
            return true;
        }

        @Override
        public boolean submit(DirectBuffer buffer, int offset, int length) {
            if (isRefusing || isClosed) {
                return false;
            }
            byte[] command = new byte[length];
            buffer.getBytes(offset, command);
            if (sessionId < 0) {
                unsent.add(command);
            } else if (!isCutOff) {
                events.add(new Event(sessionId, command));
                deliver();
            }
            return true;
        }

        @Override
        public int maxCommandLength() {
            return 1 << 20;
        }

        @Override
        public ControlLogStatus status() {
            return new ControlLogStatus(-1, 0, next, List.of());
        }

        @Override
        public void close() {
            isClosed = true;
        }
    }
}
