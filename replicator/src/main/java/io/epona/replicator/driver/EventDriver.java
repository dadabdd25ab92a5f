package io.epona.replicator.driver;

import io.aeron.Aeron;
import io.aeron.driver.MediaDriver;
import io.epona.runtime.ParkingSignal;
import io.epona.runtime.Signal;
import io.epona.runtime.SignalledIdleStrategy;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.agrona.ErrorHandler;

/** A driver that waits for events, and wakes its clients' threads when it has something for them. */
final class EventDriver implements RunningMediaDriver {
    /** What a client's thread does by itself, as saying that it lives, has seconds. */
    private static final long CLIENT_MAX_PARK_NS = TimeUnit.MILLISECONDS.toNanos(200);

    private final MediaDriver driver;
    private final DriverEvents events;
    private final DriverMailbox mailbox;
    private final List<Signal> clients = new CopyOnWriteArrayList<>();
    private final List<String> warnings;
    private final AtomicBoolean isClosing;

    private EventDriver(
            final MediaDriver driver,
            final DriverEvents events,
            final DriverMailbox mailbox,
            final List<String> warnings,
            final AtomicBoolean isClosing) {
        this.driver = driver;
        this.events = events;
        this.mailbox = mailbox;
        this.warnings = warnings;
        this.isClosing = isClosing;
    }

    /**
     * Looks after a driver that was launched.
     *
     * @param opener wakes the thread that opens channels and buffers.
     * @param others threads of clients that are not connected here.
     * @param isClosing set when the driver's threads are to end.
     */
    static EventDriver attend(
            final MediaDriver driver,
            final DriverEvents events,
            final Signal opener,
            final Signal others,
            final List<String> warnings,
            final AtomicBoolean isClosing) {
        final DriverMailbox mailbox = new DriverMailbox(driver.context().cncFile());
        final EventDriver made = new EventDriver(driver, events, mailbox, warnings, isClosing);
        made.clients.add(others);
        events.attend(mailbox, made::signalClients, opener);
        return made;
    }

    private void signalClients() {
        for (final Signal client : clients) {
            client.signal();
        }
    }

    @Override
    public String directoryName() {
        return driver.aeronDirectoryName();
    }

    @Override
    public Aeron connect(final String name, final ErrorHandler errorHandler) {
        final ParkingSignal signal = new ParkingSignal();
        clients.add(signal);
        return MediaDriverLauncher.connect(
                driver, name, errorHandler, new SignalledIdleStrategy(signal, 0, CLIENT_MAX_PARK_NS));
    }

    @Override
    public DriverLink link() {
        return events;
    }

    @Override
    public List<String> warnings() {
        return warnings;
    }

    @Override
    public void close() {
        isClosing.set(true);
        driver.close();
        mailbox.close();
        events.close();
    }
}
