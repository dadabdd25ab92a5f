package io.epona.replicator.driver;

import io.aeron.driver.DataPacketDispatcher;
import io.aeron.driver.MediaDriver;
import io.aeron.driver.media.ImageConnection;
import io.aeron.driver.media.ReceiveChannelEndpoint;
import io.aeron.driver.media.UdpChannel;
import io.aeron.protocol.DataHeaderFlyweight;
import io.aeron.protocol.SetupFlyweight;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.status.AtomicCounter;

/**
 * A receiving endpoint whose datagrams end the driver's wait, and whose data wakes its reader. What it tells the
 * senders of idle streams it does not repeat more often than needed.
 */
final class WatchedReceiveEndpoint extends ReceiveChannelEndpoint {
    private final DriverEvents events;
    private final DriverEvents.Readiness readiness = new DriverEvents.Readiness();
    private final DriverEvents.Reader reader;
    private final RepeatFilter statusMessages = RepeatFilter.ofStatusMessages();
    private final NanoClock clock;

    WatchedReceiveEndpoint(
            final UdpChannel udpChannel,
            final DataPacketDispatcher dispatcher,
            final AtomicCounter statusIndicator,
            final MediaDriver.Context context,
            final DriverEvents events) {
        super(udpChannel, dispatcher, statusIndicator, context);
        this.events = events;
        this.clock = context.receiverCachedNanoClock();
        this.reader = events.readerOf(udpChannel.remoteData().getPort());
    }

    @Override
    public void openChannel() {
        super.openChannel();
        if (null != receiveDatagramChannel) {
            events.watch(receiveDatagramChannel, readiness);
        }
    }

    @Override
    public int onDataPacket(
            final DataHeaderFlyweight header,
            final UnsafeBuffer buffer,
            final int length,
            final InetSocketAddress srcAddress,
            final int transportIndex) {
        if (length > DataHeaderFlyweight.HEADER_LENGTH) {
            reader.onData();
        }
        return super.onDataPacket(header, buffer, length, srcAddress, transportIndex);
    }

    @Override
    public void onSetupMessage(
            final SetupFlyweight header,
            final UnsafeBuffer buffer,
            final int length,
            final InetSocketAddress srcAddress,
            final int transportIndex) {
        statusMessages.forget(header.sessionId(), header.streamId());
        events.onSetup();
        super.onSetupMessage(header, buffer, length, srcAddress, transportIndex);
    }

    @Override
    public void sendStatusMessage(
            final ImageConnection[] controlAddresses,
            final int sessionId,
            final int streamId,
            final int termId,
            final int termOffset,
            final int windowLength,
            final short flags) {
        final long position = (long) termId << Integer.SIZE | termOffset;
        final long rest = (long) windowLength << Integer.SIZE | flags & 0xFFFF;
        if (0 != flags || statusMessages.isDue(sessionId, streamId, position, rest, clock.nanoTime())) {
            super.sendStatusMessage(controlAddresses, sessionId, streamId, termId, termOffset, windowLength, flags);
        }
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
