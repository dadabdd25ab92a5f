package io.epona.controller.cluster;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.DirectBuffer;

/**
 * Commands that wait for the connection. Any thread puts in, the consensus thread takes out. Bounded in number and in
 * bytes; lock-free.
 */
final class CommandBacklog {
    private final ConcurrentLinkedQueue<byte[]> urgent = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<byte[]> ordinary = new ConcurrentLinkedQueue<>();
    private final AtomicInteger count = new AtomicInteger();
    private final AtomicLong length = new AtomicLong();

    /**
     * Copies and keeps a command.
     *
     * @param isUrgent true to have it go before those that are not.
     * @return false when there is no room.
     */
    boolean offer(DirectBuffer buffer, int offset, int commandLength, boolean isUrgent) {
        if (count.incrementAndGet() > ClusterLogLimits.MAX_QUEUED_COMMANDS) {
            count.decrementAndGet();
            return false;
        }
        if (length.addAndGet(commandLength) > ClusterLogLimits.MAX_QUEUED_LENGTH) {
            length.addAndGet(-commandLength);
            count.decrementAndGet();
            return false;
        }
        byte[] command = new byte[commandLength];
        buffer.getBytes(offset, command);
        (isUrgent ? urgent : ordinary).add(command);
        return true;
    }

    /** Takes the next command out; null when there is none. */
    byte[] poll() {
        byte[] command = urgent.poll();
        if (command == null) {
            command = ordinary.poll();
        }
        if (command != null) {
            count.decrementAndGet();
            length.addAndGet(-command.length);
        }
        return command;
    }
}
