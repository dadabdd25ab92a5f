package io.epona.controller.cluster;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Messages that wait for the connection. Any thread puts in, the consensus thread takes out. Bounded in number and in
 * bytes; lock-free.
 */
final class CommandBacklog {
    private final ConcurrentLinkedQueue<byte[]> urgent = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<byte[]> ordinary = new ConcurrentLinkedQueue<>();
    private final AtomicInteger count = new AtomicInteger();
    private final AtomicLong length = new AtomicLong();

    /**
     * Keeps a message.
     *
     * @param isUrgent true to have it go before those that are not.
     * @return false when there is no room.
     */
    boolean offer(byte[] message, boolean isUrgent) {
        if (count.incrementAndGet() > ClusterLogLimits.MAX_QUEUED_COMMANDS) {
            count.decrementAndGet();
            return false;
        }
        if (length.addAndGet(message.length) > ClusterLogLimits.MAX_QUEUED_LENGTH) {
            length.addAndGet(-message.length);
            count.decrementAndGet();
            return false;
        }
        (isUrgent ? urgent : ordinary).add(message);
        return true;
    }

    /** Takes the next message out; null when there is none. */
    byte[] poll() {
        byte[] message = urgent.poll();
        if (message == null) {
            message = ordinary.poll();
        }
        if (message != null) {
            count.decrementAndGet();
            length.addAndGet(-message.length);
        }
        return message;
    }
}
