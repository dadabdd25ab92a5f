package io.epona.sequencer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/**
 * Logs of random histories of leaders: a follower that compares (epoch, end) pairs with its leader ends with a
 * beginning of the leader's log, and never cuts what both have.
 */
class EpochHistoryPropertyTest {
    /** A frame; two are the same frame when all is equal, since the number is given once. */
    private record Frame(int number, int epoch, long position, long endPosition) {}

    private static final class Log {
        private static int nextNumber;
        final List<Frame> frames = new ArrayList<>();

        long end() {
            return frames.isEmpty() ? 0 : frames.getLast().endPosition();
        }

        void append(final int epoch, final Random random) {
            for (int i = 0; i < 1 + random.nextInt(4); i++) {
                frames.add(new Frame(nextNumber++, epoch, end(), end() + 64 + 8 * random.nextInt(20)));
            }
        }

        EpochHistory history() {
            final EpochHistory history = new EpochHistory();
            frames.forEach(frame -> history.onFrame(frame.epoch(), frame.position()));
            return history;
        }

        boolean isEndOfFrame(final long position) {
            return position == 0 || frames.stream().anyMatch(frame -> frame.endPosition() == position);
        }

        int commonCount(final Log other) {
            int count = 0;
            while (count < Math.min(frames.size(), other.frames.size())
                    && frames.get(count).equals(other.frames.get(count))) {
                count++;
            }
            return count;
        }

        long commonEnd(final Log other) {
            final int count = commonCount(other);
            return count == 0 ? 0 : frames.get(count - 1).endPosition();
        }

        /** Takes over the leader's log, up to some frame not below what both have. */
        void follow(final Log leader, final int count) {
            final int common = commonCount(leader);
            frames.subList(common, frames.size()).clear();
            frames.addAll(leader.frames.subList(common, Math.max(common, count)));
        }
    }

    /** As follower and leader do it, by what they can say to each other; the length to which the follower cuts. */
    private static long reconcile(final Log followerLog, final Log leaderLog) {
        final EpochHistory follower = followerLog.history();
        final EpochHistory leader = leaderLog.history();
        long end = followerLog.end();
        for (int question = 0; ; question++) {
            assertTrue(question <= follower.count() + leader.count() + 2, "asks for ever");
            final int lastEpoch = follower.lastEpoch();
            final int epoch = leader.largestUpTo(lastEpoch);
            final long position = epoch == EpochHistory.NONE ? 0 : leader.endOf(epoch, leaderLog.end());
            if (epoch == lastEpoch && end <= position) {
                return end;
            }
            final long ownEnd = follower.endOf(epoch, end);
            final long cut = follower.largestUpTo(epoch) == epoch ? Math.min(position, ownEnd) : ownEnd;
            assertTrue(followerLog.isEndOfFrame(cut), "cuts a frame in two: " + follower + ", " + leader);
            assertTrue(cut < end, "cuts nothing: " + follower + ", " + leader);
            end = cut;
            follower.cutTo(end);
        }
    }

    @Property(tries = 3000)
    void shouldMeetWhereTheLogsPart(@ForAll final long seed) {
        final Random random = new Random(seed);
        final Log[] logs = {new Log(), new Log(), new Log()};
        int epoch = 0;
        for (int tenure = 0; tenure < 1 + random.nextInt(12); tenure++) {
            epoch += 1 + random.nextInt(2);
            final Log leader = logs[random.nextInt(3)];
            leader.append(epoch, random);
            for (final Log log : logs) {
                if (log != leader && random.nextInt(3) > 0) {
                    log.follow(leader, random.nextInt(leader.frames.size() + 1));
                }
            }
        }
        for (final Log follower : logs) {
            for (final Log leader : logs) {
                assertEquals(follower.commonEnd(leader), reconcile(follower, leader));
            }
        }
    }

    @Test
    void shouldRefuseAnEpochThatGoesBack() {
        final EpochHistory history = new EpochHistory();
        history.onFrame(2, 0);
        history.onFrame(2, 64);
        history.onFrame(5, 128);
        assertThrows(IllegalStateException.class, () -> history.onFrame(4, 192));
        assertThrows(IllegalStateException.class, () -> history.onFrame(6, 128));
        assertEquals("[2@0, 5@128]", history.toString());
    }

    @Test
    void shouldForgetTheOldestWhenThereAreTooMany() {
        final EpochHistory history = new EpochHistory();
        for (int epoch = 1; epoch <= LaneLimits.MAX_EPOCHS; epoch++) {
            history.onFrame(epoch, (epoch - 1) * 64L);
        }
        assertEquals(false, history.hasForgotten());
        history.onFrame(LaneLimits.MAX_EPOCHS + 1, LaneLimits.MAX_EPOCHS * 64L);
        assertEquals(true, history.hasForgotten());
        assertEquals(LaneLimits.MAX_EPOCHS, history.count());
        assertEquals(EpochHistory.NONE, history.largestUpTo(1));
        assertEquals(2, history.largestUpTo(2));
    }
}
