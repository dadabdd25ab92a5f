package io.epona.gateway.net;

import io.epona.gateway.RequestHandler;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundBuffer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.requests.RequestHeader;

/**
 * One client's connection: frames in, responses out in the order of their requests.
 *
 * <p>Of the requests, produce requests may be in progress together, up to a limit, so that a pipelining producer's
 * batches share device writes; any other waits until all before it are answered, and all after it wait for it. What has
 * to wait is parked, and meanwhile nothing is read from the client, which TCP makes it feel. Reading also stops while
 * the client does not take what was written for it, and while the gateway's memory for requests is used up.
 *
 * <p>Owned by its gateway thread, on which Netty calls it.
 */
final class Connection extends ChannelInboundHandlerAdapter implements FrameReader.Sink {
    private static final int PAUSED_PARKED = 1;
    private static final int PAUSED_MEMORY = 2;
    private static final int PAUSED_UNWRITABLE = 4;

    private final ConnectionHub hub;
    private final Channel channel;
    private final FrameReader reader;
    private final ArrayDeque<Exchange> exchanges = new ArrayDeque<>(4);
    private final ArrayDeque<Parked> parked = new ArrayDeque<>(2);
    private final Deadline idleDeadline = new Deadline() {
        @Override
        protected void onDeadline(final long nowNs) {
            checkProgress(nowNs);
        }
    };

    /** A request that has come and must wait. */
    private record Parked(ByteBuf frame, long ingressTimeNs) {}

    private ChannelHandlerContext context;
    private InetSocketAddress localAddress;
    private InetSocketAddress remoteAddress;
    private int otherThanProduceCount;
    private int pauses;
    private boolean isHeldBack;
    private boolean isDispatching;
    private boolean isDirty;
    private boolean isOpen = true;
    private long lastProgressNs;
    private long handedLength;
    private long outboundLength;
    private long lastSentLength;
    private long lastSentNs;
    private long frameDeadlineNs;
    int hubIndex = -1;

    Connection(final ConnectionHub hub, final Channel channel) {
        this.hub = hub;
        this.channel = channel;
        this.reader = new FrameReader(channel.alloc(), hub.memory(), this);
        channel.config().setRecvByteBufAllocator(() -> reader);
    }

    // -- Netty's calls

    @Override
    public void channelActive(final ChannelHandlerContext ctx) {
        context = ctx;
        localAddress = (InetSocketAddress) channel.localAddress();
        remoteAddress = (InetSocketAddress) channel.remoteAddress();
        lastProgressNs = hub.nowNs();
        lastSentNs = lastProgressNs;
        hub.deadlines().schedule(idleDeadline, lastProgressNs + hub.idleTimeoutNs());
        hub.onOpened(this);
    }

    @Override
    public void channelRead(final ChannelHandlerContext ctx, final Object message) {
        lastProgressNs = hub.nowNs();
        reader.onRead((ByteBuf) message);
        if (isOpen && !hub.memory().mayRead(this) && (pauses & PAUSED_MEMORY) == 0) {
            hub.stats().onMemoryPause();
            pause(PAUSED_MEMORY);
            hub.memory().await(this);
        }
    }

    @Override
    public void channelWritabilityChanged(final ChannelHandlerContext ctx) {
        if (channel.isWritable()) {
            lastProgressNs = hub.nowNs();
            noteOutbound();
            resume(PAUSED_UNWRITABLE);
            dispatchParked();
        } else {
            pause(PAUSED_UNWRITABLE);
        }
    }

    @Override
    public void channelInactive(final ChannelHandlerContext ctx) {
        onClosed();
    }

    @Override
    public void exceptionCaught(final ChannelHandlerContext ctx, final Throwable cause) {
        if (cause instanceof IOException) {
            // The peer went away; its own end knows why.
            close();
        } else {
            closeForError("exception on connection " + cause.getClass().getName(), "remote=" + remoteAddress, cause);
        }
    }

    // -- frames

    @Override
    public boolean onFrameLength(final int length) {
        if (length < NetLimits.MIN_FRAME_LENGTH) {
            closeForError("request too short", "length=" + length + ", remote=" + remoteAddress, null);
            return false;
        }
        if (length > hub.config().maxRequestLength()) {
            closeForError(
                    "request too long",
                    "length=" + length + ", limit=" + hub.config().maxRequestLength() + ", remote=" + remoteAddress,
                    null);
            return false;
        }
        return true;
    }

    @Override
    public void onFrameStarted(final int length) {
        startFrameClock(length);
    }

    private void startFrameClock(final int length) {
        final long sendTimeNs = TimeUnit.SECONDS.toNanos(length) / NetLimits.MIN_RECEIVE_BYTES_PER_SECOND;
        final long timeoutNs = hub.receiveTimeoutNs() + sendTimeNs;
        frameDeadlineNs = hub.nowNs() + timeoutNs;
        if (idleDeadline.deadlineNs() - frameDeadlineNs > 0) {
            hub.deadlines().schedule(idleDeadline, frameDeadlineNs);
        }
    }

    @Override
    public void onFrame(final ByteBuf frame, final int length) {
        if (!isOpen) {
            frame.release();
            hub.memory().release(length);
            return;
        }
        hub.memory().onWholeRequest(this, length);
        final long ingressTimeNs = hub.clock().epochNs();
        if (parked.isEmpty() && !isDispatching && mayStart(frame)) {
            dispatch(frame, ingressTimeNs);
        } else {
            parked.add(new Parked(frame, ingressTimeNs));
            pause(PAUSED_PARKED);
        }
    }

    @Override
    public boolean isReading() {
        return isOpen && pauses == 0;
    }

    private boolean mayStart(final ByteBuf frame) {
        if (exchanges.isEmpty()) {
            return channel.isWritable();
        }
        return otherThanProduceCount == 0
                && !isHeldBack
                && exchanges.size() < hub.config().maxPipelinedRequests()
                && frame.getShort(frame.readerIndex()) == ApiKeys.PRODUCE.id
                && channel.isWritable();
    }

    private void dispatchParked() {
        if (isDispatching) {
            return;
        }
        while (isOpen && !parked.isEmpty() && mayStart(parked.peek().frame())) {
            final Parked next = parked.poll();
            dispatch(next.frame(), next.ingressTimeNs());
        }
        if (parked.isEmpty()) {
            resume(PAUSED_PARKED);
        }
    }

    private void dispatch(final ByteBuf frame, final long ingressTimeNs) {
        isDispatching = true;
        final int length = frame.readableBytes();
        hub.stats().onRequest(length);
        Exchange exchange = null;
        try {
            exchange = receive(frame, length, ingressTimeNs);
        } catch (final RuntimeException ex) {
            closeForError("request cannot be parsed", "remote=" + remoteAddress, ex);
        }
        if (exchange == null) {
            frame.release();
            onFrameReleased(length);
        }
        isDispatching = false;
    }

    /** Parses a request and has it handled. Null when it was not taken, so that the frame is still the caller's. */
    private Exchange receive(final ByteBuf frame, final int length, final long ingressTimeNs) {
        final ByteBuffer bytes = frame.nioBuffer();
        final RequestHeader header = RequestHeader.parse(bytes);
        final ApiKeys apiKey = header.apiKey();
        final short version = header.apiVersion();
        final RequestHandler handler = hub.handlers().get(apiKey.id);
        final boolean isServed = handler != null && version >= handler.minVersion() && version <= handler.maxVersion();
        if (!isServed && (handler == null || apiKey != ApiKeys.API_VERSIONS)) {
            closeForError("unsupported request " + apiKey + " version " + version, "remote=" + remoteAddress, null);
            return null;
        }
        final ApiMessage body = isServed ? apiKey.messageType.newRequest() : new ApiVersionsRequestData();
        if (isServed) {
            body.read(new ByteBufferAccessor(bytes), version);
        }
        final Exchange exchange =
                new Exchange(this, apiKey, isServed ? version : 0, header.data(), frame, length, ingressTimeNs);
        exchange.body(body);
        exchanges.add(exchange);
        otherThanProduceCount += apiKey == ApiKeys.PRODUCE ? 0 : 1;
        handle(handler, exchange, isServed ? body : null);
        return exchange;
    }

    private void handle(final RequestHandler handler, final Exchange exchange, final ApiMessage body) {
        try {
            if (body == null) {
                // As Kafka does: version 0 of the response, which every client can read, says what we have.
                exchange.fail(new UnsupportedVersionException("ApiVersions version not supported"));
            } else {
                handler.handle(exchange, body);
            }
        } catch (final RuntimeException ex) {
            failSafely(exchange, ex);
        }
        exchange.afterHandling();
    }

    private void failSafely(final Exchange exchange, final RuntimeException error) {
        try {
            exchange.fail(error);
        } catch (final RuntimeException ex) {
            ex.addSuppressed(error);
            closeForError("error response failed", "api=" + exchange.apiKey(), ex);
        }
    }

    // -- responses

    ResponseParts serialize(
            final int correlationId, final short headerVersion, final short version, final ApiMessage message) {
        return hub.writer().write(correlationId, headerVersion, version, message);
    }

    /** An exchange is done: everything that is done up to the first that is not goes out. */
    void onDone() {
        if (!isOpen) {
            return;
        }
        for (Exchange head = exchanges.peek(); head != null && head.isDone(); head = exchanges.peek()) {
            exchanges.poll();
            otherThanProduceCount -= head.apiKey() == ApiKeys.PRODUCE ? 0 : 1;
            final ResponseParts response = head.takeResponse();
            if (response != null) {
                hub.stats().onResponse(response.length());
                handedLength += response.length();
                response.writeTo(context);
                noteOutbound();
                markDirty();
            }
        }
        dispatchParked();
    }

    private void markDirty() {
        if (!isDirty) {
            isDirty = true;
            hub.onDirty(this);
        }
    }

    /** Sends what was written since the last call. */
    void flush() {
        isDirty = false;
        if (isOpen) {
            context.flush();
            noteOutbound();
        }
    }

    private void noteOutbound() {
        final long before = outboundLength;
        hub.onOutbound(countOutbound() - before);
    }

    /** Bytes written to the channel and not taken by the network yet. */
    long countOutbound() {
        outboundLength = isOpen ? unwrittenLength() : 0;
        return outboundLength;
    }

    private long unwrittenLength() {
        final ChannelOutboundBuffer buffer = channel.unsafe().outboundBuffer();
        return buffer == null ? 0 : buffer.totalPendingWriteBytes();
    }

    void holdBack(final boolean value) {
        isHeldBack = value;
        if (!value) {
            dispatchParked();
        }
    }

    void onFrameReleased(final int length) {
        hub.memory().onRequestDone(length);
    }

    void onMemory() {
        if (isOpen) {
            resume(PAUSED_MEMORY);
        }
    }

    // -- pauses, time-outs, end

    private void pause(final int reason) {
        if (pauses == 0) {
            channel.config().setAutoRead(false);
        }
        pauses |= reason;
    }

    private void resume(final int reason) {
        if ((pauses & reason) == 0) {
            return;
        }
        pauses &= ~reason;
        if (pauses == 0 && isOpen) {
            if (reader.isInFrame()) {
                startFrameClock(reader.remainingLength());
            }
            channel.config().setAutoRead(true);
        }
    }

    private void checkProgress(final long nowNs) {
        final boolean isReceiving = pauses == 0 && reader.isInFrame();
        if (isReceiving && nowNs - frameDeadlineNs >= 0) {
            closeForError("request did not arrive in time", "remote=" + remoteAddress, null);
            return;
        }
        final long unwritten = unwrittenLength();
        noteSent(nowNs, unwritten);
        if (!exchanges.isEmpty() && unwritten == 0) {
            // The client waits for us.
            lastProgressNs = nowNs;
        }
        if (nowNs - lastProgressNs >= hub.idleTimeoutNs()) {
            hub.stats().onClosedIdle();
            close();
            return;
        }
        final long idleNs = lastProgressNs + hub.idleTimeoutNs();
        hub.deadlines().schedule(idleDeadline, isReceiving && frameDeadlineNs - idleNs < 0 ? frameDeadlineNs : idleNs);
    }

    private void noteSent(final long nowNs, final long unwritten) {
        final long sentLength = handedLength - unwritten;
        if (sentLength > lastSentLength) {
            lastSentLength = sentLength;
            lastSentNs = nowNs;
            lastProgressNs = nowNs;
        }
    }

    /** Closes the connection when the client has not taken a byte for long of what is there for it. */
    void closeIfStuck(final long nowNs) {
        final long unwritten = unwrittenLength();
        if (unwritten == 0) {
            lastSentNs = nowNs;
        }
        noteSent(nowNs, unwritten);
        if (unwritten > 0 && nowNs - lastSentNs >= NetLimits.STUCK_NS) {
            closeForError("client does not take its responses", "remote=" + remoteAddress, null);
        }
    }

    void closeForError(final String cause, final String detail, final Throwable error) {
        if (isOpen) {
            hub.stats().onClosedForError();
            hub.causes().report(cause, detail, error);
            close();
        }
    }

    void close() {
        channel.close();
        onClosed();
    }

    private void onClosed() {
        if (!isOpen) {
            return;
        }
        isOpen = false;
        noteOutbound();
        hub.deadlines().cancel(idleDeadline);
        reader.close();
        hub.memory().remove(this);
        for (Parked next = parked.poll(); next != null; next = parked.poll()) {
            hub.memory().onRequestDone(next.frame().readableBytes());
            next.frame().release();
        }
        for (Exchange exchange = exchanges.poll(); exchange != null; exchange = exchanges.poll()) {
            exchange.close();
        }
        hub.onClosed(this);
    }

    boolean isOpen() {
        return isOpen;
    }

    String listenerName() {
        return hub.config().listenerName();
    }

    InetSocketAddress localAddress() {
        return localAddress;
    }

    InetSocketAddress remoteAddress() {
        return remoteAddress;
    }

    Executor gatewayThread() {
        return hub.executor();
    }
}
