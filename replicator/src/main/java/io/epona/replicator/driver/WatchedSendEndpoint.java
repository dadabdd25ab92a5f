package io.epona.replicator.driver;

import io.aeron.driver.DriverConductorProxy;
import io.aeron.driver.MediaDriver;
import io.aeron.driver.media.SendChannelEndpoint;
import io.aeron.driver.media.UdpChannel;
import io.aeron.protocol.StatusMessageFlyweight;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.status.AtomicCounter;

/** A sending endpoint whose incoming datagrams (status messages, requests to send again) end the driver's wait. */
final class WatchedSendEndpoint extends SendChannelEndpoint {
    private final DriverEvents events;
    private final DriverEvents.Readiness readiness = new DriverEvents.Readiness();

    WatchedSendEndpoint(
            final UdpChannel udpChannel,
            final AtomicCounter statusIndicator,
            final MediaDriver.Context context,
            final DriverEvents events) {
        super(udpChannel, statusIndicator, context);
        this.events = events;
    }

    @Override
    public void openChannel() {
        super.openChannel();
        events.watch(receiveDatagramChannel, readiness);
    }

    @Override
    public void onStatusMessage(
            final StatusMessageFlyweight msg,
            final UnsafeBuffer buffer,
            final int length,
            final InetSocketAddress srcAddress,
            final DriverConductorProxy conductorProxy) {
        super.onStatusMessage(msg, buffer, length, srcAddress, conductorProxy);
        events.onStatusMessage();
    }

    @Override
    public InetSocketAddress receive(final ByteBuffer buffer) {
        if (!readiness.isReady()) {
            return null;
        }
        final InetSocketAddress source = super.receive(buffer);
        if (null == source) {
            readiness.onEmpty();
        }
        return source;
    }

    @Override
    public void close() {
        super.close();
        events.look();
    }
}
