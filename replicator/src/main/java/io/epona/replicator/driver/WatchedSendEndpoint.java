package io.epona.replicator.driver;

import io.aeron.driver.DriverConductorProxy;
import io.aeron.driver.MediaDriver;
import io.aeron.driver.media.SendChannelEndpoint;
import io.aeron.driver.media.UdpChannel;
import io.aeron.protocol.DataHeaderFlyweight;
import io.aeron.protocol.HeaderFlyweight;
import io.aeron.protocol.StatusMessageFlyweight;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.status.AtomicCounter;

/**
 * A sending endpoint whose incoming datagrams (status messages, requests to send again) end the driver's wait, and
 * which does not send the heartbeats of idle streams more often than needed.
 */
final class WatchedSendEndpoint extends SendChannelEndpoint {
    private final DriverEvents events;
    private final DriverEvents.Readiness readiness = new DriverEvents.Readiness();
    private final RepeatFilter heartbeats = RepeatFilter.ofHeartbeats();
    private final DataHeaderFlyweight header = new DataHeaderFlyweight();
    private final NanoClock clock;

    WatchedSendEndpoint(
            final UdpChannel udpChannel,
            final AtomicCounter statusIndicator,
            final MediaDriver.Context context,
            final DriverEvents events) {
        super(udpChannel, statusIndicator, context);
        this.events = events;
        this.clock = context.senderCachedNanoClock();
    }

    @Override
    public void openChannel() {
        super.openChannel();
        events.watch(receiveDatagramChannel, readiness);
    }

    @Override
    public int send(final ByteBuffer buffer) {
        final int length = buffer.remaining();
        if (DataHeaderFlyweight.HEADER_LENGTH == length && isNeedlessHeartbeat(buffer)) {
            return length;
        }
        return super.send(buffer);
    }

    /** A data header without data; those of the end of a stream are all sent. */
    private boolean isNeedlessHeartbeat(final ByteBuffer buffer) {
        header.wrap(buffer, buffer.position(), DataHeaderFlyweight.HEADER_LENGTH);
        return HeaderFlyweight.HDR_TYPE_DATA == header.headerType()
                && 0 == header.frameLength()
                && DataHeaderFlyweight.BEGIN_AND_END_FLAGS == header.flags()
                && !heartbeats.isDue(
                        header.sessionId(),
                        header.streamId(),
                        (long) header.termId() << Integer.SIZE | header.termOffset(),
                        0,
                        clock.nanoTime());
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
