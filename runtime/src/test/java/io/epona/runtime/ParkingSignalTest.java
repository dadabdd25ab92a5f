package io.epona.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.agrona.BufferUtil;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.status.AtomicCounter;
import org.agrona.concurrent.status.CountersReader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class ParkingSignalTest {
    private static final long LONG_PARK_NS = TimeUnit.SECONDS.toNanos(20);
    private static final int ROUND_TRIPS = 50_000;

    private final AtomicReference<Throwable> failure = new AtomicReference<>();

    @Test
    void shouldReturnOnceMoreBeforeParkingWhenSpinsAreUsedUp() {
        final ParkingSignal signal = new ParkingSignal();
        final SignalledIdleStrategy idle = new SignalledIdleStrategy(signal, 2, 1);

        idle.idle(0);
        idle.idle(0);
        assertFalse(signal.isArmed());
        idle.idle(0);
        assertTrue(signal.isArmed());
        assertEquals(0, signal.parks());
        idle.idle(0);
        assertFalse(signal.isArmed());
        assertEquals(1, signal.parks());
    }

    @Test
    void shouldNotParkWhenSignalledAfterArming() {
        final ParkingSignal signal = new ParkingSignal();
        final SignalledIdleStrategy idle = new SignalledIdleStrategy(signal, 0, LONG_PARK_NS);

        idle.idle(0);
        signal.signal();
        idle.idle(0);
        assertEquals(0, signal.parks());
    }

    @Test
    void shouldPollOnceBetweenTwoParksWhenItDoesNotSpin() {
        final ParkingSignal signal = new ParkingSignal();
        final SignalledIdleStrategy idle = new SignalledIdleStrategy(signal, 0, 1);
        idle.idle();
        for (int parks = 1; parks <= 3; parks++) {
            idle.idle();
            assertEquals(parks, signal.parks());
            assertTrue(signal.isArmed(), "a signal during the one poll must be noticed");
        }
    }

    @Test
    void shouldDisarmWhenThereIsWorkAfterArming() {
        final ParkingSignal signal = new ParkingSignal();
        final SignalledIdleStrategy idle = new SignalledIdleStrategy(signal, 0, LONG_PARK_NS);

        idle.idle(0);
        idle.idle(1);
        assertFalse(signal.isArmed());
    }

    @Test
    void shouldDoNothingWhenSignalledBeforeAnybodyWaits() {
        final ParkingSignal signal = new ParkingSignal();
        signal.signal();
        assertFalse(signal.isArmed());
    }

    @Test
    void shouldRaiseAllSignalsWhenCombined() {
        final AtomicInteger raised = new AtomicInteger();
        final Signal one = raised::incrementAndGet;
        final Signal other = () -> raised.addAndGet(10);

        Signal.all(one, Signal.NONE, other).signal();
        assertEquals(11, raised.get());
        assertSame(one, Signal.all(Signal.NONE, one, one));
        assertSame(Signal.NONE, Signal.all());
    }

    /** A lost wake-up costs a park of 20 s, so the whole run must take less. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 3, 20})
    void shouldLoseNoWakeUpWhenTwoThreadsAnswerEachOther(final int spins) throws InterruptedException {
        final UnsafeBuffer values =
                new UnsafeBuffer(BufferUtil.allocateDirectAligned(2 * CountersReader.COUNTER_LENGTH, 128));
        final AtomicCounter ping = new AtomicCounter(values, 0);
        final AtomicCounter pong = new AtomicCounter(values, 1);
        final ParkingSignal onPing = new ParkingSignal();
        final ParkingSignal onPong = new ParkingSignal();

        final long startNs = System.nanoTime();
        final Thread answering = start(() -> follow(ping, onPing, pong, onPong, spins, new SplittableRandom(1)));
        final Thread asking = start(() -> {
            ping.setRelease(1);
            onPing.signal();
            follow(pong, onPong, ping, onPing, spins, new SplittableRandom(2));
        });
        join(asking);
        join(answering);
        assertNull(failure.get(), () -> String.valueOf(failure.get()));
        assertEquals(ROUND_TRIPS, pong.get());
        assertTrue(System.nanoTime() - startNs < LONG_PARK_NS, "a wake-up was lost");
    }

    /** Waits for each next value of one counter and answers it on the other, with pauses that vary the interleaving. */
    private static void follow(
            final AtomicCounter source,
            final ParkingSignal ownSignal,
            final AtomicCounter target,
            final ParkingSignal otherSignal,
            final int spins,
            final SplittableRandom random) {
        final SignalledIdleStrategy idle = new SignalledIdleStrategy(ownSignal, spins, LONG_PARK_NS);
        final boolean isAsking = target.get() == 1;
        final long last = ROUND_TRIPS;
        for (long expected = 1; expected <= last; expected++) {
            while (source.getAcquire() < expected) {
                idle.idle(0);
            }
            idle.idle(1);
            for (int pause = random.nextInt(64); pause > 0; pause--) {
                Thread.onSpinWait();
            }
            if (!isAsking || expected < last) {
                target.setRelease(isAsking ? expected + 1 : expected);
                otherSignal.signal();
            }
        }
    }

    @Test
    void shouldSeeEverythingWhenManyPublishersSignalOneReader() throws InterruptedException {
        final int publisherCount = 3;
        final int perPublisher = 20_000;
        final UnsafeBuffer values =
                new UnsafeBuffer(BufferUtil.allocateDirectAligned(publisherCount * CountersReader.COUNTER_LENGTH, 128));
        final AtomicCounter[] counters = new AtomicCounter[publisherCount];
        for (int i = 0; i < publisherCount; i++) {
            counters[i] = new AtomicCounter(values, i);
        }
        final ParkingSignal signal = new ParkingSignal();
        final long startNs = System.nanoTime();
        final Thread reader = start(() -> {
            final SignalledIdleStrategy idle = new SignalledIdleStrategy(signal, 1, LONG_PARK_NS);
            long seen = 0;
            while (seen < (long) publisherCount * perPublisher) {
                long sum = 0;
                for (final AtomicCounter counter : counters) {
                    sum += counter.getAcquire();
                }
                idle.idle((int) (sum - seen));
                seen = sum;
            }
        });
        final Thread[] publishers = new Thread[publisherCount];
        for (int i = 0; i < publisherCount; i++) {
            final AtomicCounter counter = counters[i];
            final SplittableRandom random = new SplittableRandom(i);
            publishers[i] = start(() -> {
                for (int n = 1; n <= perPublisher; n++) {
                    counter.setRelease(n);
                    signal.signal();
                    for (int pause = random.nextInt(200); pause > 0; pause--) {
                        Thread.onSpinWait();
                    }
                }
            });
        }
        for (final Thread publisher : publishers) {
            join(publisher);
        }
        join(reader);
        assertNull(failure.get(), () -> String.valueOf(failure.get()));
        assertTrue(System.nanoTime() - startNs < LONG_PARK_NS, "a wake-up was lost");
    }

    private Thread start(final Runnable body) {
        return Thread.ofPlatform().daemon().start(() -> {
            try {
                body.run();
            } catch (final Throwable t) {
                failure.compareAndSet(null, t);
            }
        });
    }

    private void join(final Thread thread) throws InterruptedException {
        thread.join(TimeUnit.SECONDS.toMillis(40));
        assertFalse(thread.isAlive(), () -> "thread hangs, first failure: " + failure.get());
    }
}
