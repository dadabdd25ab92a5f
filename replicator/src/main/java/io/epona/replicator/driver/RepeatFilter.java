package io.epona.replicator.driver;

import java.util.concurrent.TimeUnit;
import org.agrona.collections.Hashing;
import org.agrona.collections.Long2ObjectHashMap;

/**
 * Which of the messages that Aeron repeats for idle streams are worth a datagram. Aeron sends a heartbeat for each
 * stream ten times a second and a status message five times; each of them wakes two processes, and a cell has dozens of
 * streams. What says something new goes out; a repetition goes out once soon, in case the first was lost, and then each
 * 0.4 s, before anybody's patience with a silent stream ends (1 s for the metadata log's, 5 s for others).
 *
 * <p>One for each channel and kind of message. Owned by the driver's thread; allocates for new streams only.
 */
final class RepeatFilter {
    /** Those that come sooner are left out: with a message each 100 or 200 ms, one goes out each 400 ms. */
    static final long REPEAT_NS = TimeUnit.MILLISECONDS.toNanos(350);

    /** Streams end and new ones come under other session ids: what is forgotten is sent once more. */
    private static final int MAX_STREAMS = 256;

    private final long changeNs;
    private final int repeats;
    private final Long2ObjectHashMap<Last> lastByStream = new Long2ObjectHashMap<>();

    private static final class Last {
        long position;
        long rest;
        long sentNs;
        int repeated;
    }

    /**
     * @param changeNs shortest time between two messages, also if the second says something new; 0: none.
     * @param repeats repetitions that are sent before they get rare.
     */
    RepeatFilter(final long changeNs, final int repeats) {
        this.changeNs = changeNs;
        this.repeats = repeats;
    }

    /** Status messages: a receiver's window opens at once, and once more if the first was lost. */
    static RepeatFilter ofStatusMessages() {
        return new RepeatFilter(0, 1);
    }

    /**
     * Heartbeats: they show a receiver that it has lost the last datagram before silence. Streams on which something is
     * said now and then have a later datagram that shows it.
     */
    static RepeatFilter ofHeartbeats() {
        return new RepeatFilter(TimeUnit.MILLISECONDS.toNanos(250), 0);
    }

    /**
     * Whether a message is to be sent; if so, it is taken for sent.
     *
     * @param position that it names.
     * @param rest what else it says.
     */
    boolean isDue(final int sessionId, final int streamId, final long position, final long rest, final long nowNs) {
        final long key = Hashing.compoundKey(sessionId, streamId);
        Last last = lastByStream.get(key);
        if (null == last) {
            if (lastByStream.size() >= MAX_STREAMS) {
                lastByStream.clear();
            }
            last = new Last();
            lastByStream.put(key, last);
        } else if (position != last.position || rest != last.rest) {
            if (nowNs - last.sentNs < changeNs) {
                return false;
            }
            last.repeated = 0;
        } else if (last.repeated < repeats) {
            last.repeated++;
        } else if (nowNs - last.sentNs < REPEAT_NS) {
            return false;
        }
        last.position = position;
        last.rest = rest;
        last.sentNs = nowNs;
        return true;
    }

    /** A stream that begins anew has said nothing yet. */
    void forget(final int sessionId, final int streamId) {
        lastByStream.remove(Hashing.compoundKey(sessionId, streamId));
    }
}
