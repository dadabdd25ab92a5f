package io.epona.replicator.driver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.runtime.Signal;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Waits are far longer than the tests may take: what ends them is what is tested. */
@Timeout(120)
class DriverEventsTest {
    private static final int SPINS = 3;
    private static final int MAX_WAIT_MS = (int) TimeUnit.MINUTES.toMillis(10);

    private final AtomicInteger dataSignals = new AtomicInteger();
    private final DriverEvents.Readiness readiness = new DriverEvents.Readiness();
    private final AtomicInteger roomSignals = new AtomicInteger();
    private final DriverEvents events =
            new DriverEvents(SPINS, MAX_WAIT_MS, Map.of(7, dataSignals::incrementAndGet), roomSignals::incrementAndGet);

    @AfterEach
    void close() {
        events.close();
    }

    private DatagramChannel channel() throws java.io.IOException {
        final DatagramChannel channel = DatagramChannel.open();
        channel.bind(new InetSocketAddress("127.0.0.1", 0)).configureBlocking(false);
        events.watch(channel, readiness);
        return channel;
    }

    @Test
    void shouldNotWaitWhenSignalledSinceTheWaitWasAnnounced() {
        for (int i = 0; i < 20; i++) {
            events.idle(0);
            events.signal();
        }
        assertEquals(0, dataSignals.get());
    }

    @Test
    void shouldWakeWhenAnotherThreadSignals() throws InterruptedException {
        final AtomicInteger cycles = new AtomicInteger();
        final Thread driver = new Thread(() -> {
            while (cycles.incrementAndGet() < 2_000) {
                events.idle(0);
            }
        });
        driver.start();
        while (driver.isAlive()) {
            events.wake();
            Thread.onSpinWait();
        }
        driver.join();
        assertEquals(2_000, cycles.get());
    }

    @Test
    void shouldWakeWhenADatagramComes() throws java.io.IOException {
        try (DatagramChannel receiver = channel();
                DatagramChannel sender = DatagramChannel.open()) {
            final ByteBuffer buffer = ByteBuffer.allocate(8);
            for (int round = 0; round < 50; round++) {
                sender.send(buffer.clear(), receiver.getLocalAddress());
                for (int i = 0; i < 4 * SPINS; i++) {
                    events.idle(0);
                }
                assertTrue(null != receiver.receive(buffer.clear()));
            }
        }
    }

    @Test
    void shouldTellWhenAChannelHasADatagramAndNotOtherwise() throws java.io.IOException {
        try (DatagramChannel receiver = channel();
                DatagramChannel sender = DatagramChannel.open()) {
            final ByteBuffer buffer = ByteBuffer.allocate(8);
            for (int workCount = 0; workCount < 2; workCount++) {
                readiness.onEmpty();
                events.look();
                assertFalse(readiness.isReady());
                sender.send(buffer.clear(), receiver.getLocalAddress());
                while (!readiness.isReady()) {
                    events.idle(workCount);
                }
                assertTrue(null != receiver.receive(buffer.clear()));
            }
        }
    }

    @Test
    void shouldLetGoOfAPortWhenItsChannelIsClosed() throws java.io.IOException {
        final DatagramChannel channel = channel();
        final var address = channel.getLocalAddress();
        channel.close();
        events.look();
        try (DatagramChannel again = DatagramChannel.open()) {
            again.bind(address);
            assertEquals(address, again.getLocalAddress());
        }
    }

    @Test
    void shouldSignalTheReaderOfThePortOnceWhenDataCame() {
        events.readerOf(7).onData();
        events.readerOf(7).onData();
        events.readerOf(8).onData();
        events.idle(1);
        events.idle(1);
        assertEquals(1, dataSignals.get());
        assertSame(events.readerOf(8), events.readerOf(9));
    }

    @Test
    void shouldTellOfRoomOnlyWhenItWasWanted() {
        events.onStatusMessage();
        events.idle(1);
        assertEquals(0, roomSignals.get());
        events.wantRoom();
        events.idle(1);
        assertEquals(0, roomSignals.get());
        events.onStatusMessage();
        events.idle(1);
        events.idle(1);
        assertEquals(1, roomSignals.get());
    }

    @Test
    void shouldWaitNoLongerThanConfiguredWhenNothingHappens() {
        try (DriverEvents shortWaits = new DriverEvents(0, 2, Map.of(0, Signal.NONE), Signal.NONE)) {
            final long startNs = System.nanoTime();
            for (int i = 0; i < 100; i++) {
                shortWaits.idle(0);
            }
            assertTrue(System.nanoTime() - startNs < TimeUnit.SECONDS.toNanos(20));
        }
    }
}
