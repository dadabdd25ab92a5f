package io.epona.gateway.net;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;

/**
 * Listens on one loop and deals the accepted connections to that and its peers in turn. The thread of the first loop
 * owns it.
 */
public final class GatewayListener {
    private static final int MAX_BIND_CYCLES = 1000;

    private final List<GatewayShare> shares;
    private final NetConfig config;
    private Channel channel;

    /**
     * A listener that is not open.
     *
     * @param config address and socket options.
     * @param shares every gateway thread's loop and hub, the listening one first.
     */
    public GatewayListener(final NetConfig config, final List<GatewayShare> shares) {
        this.config = config;
        this.shares = List.copyOf(shares);
    }

    /**
     * Opens the listening socket. On the thread of the first loop, which must have been started.
     *
     * @return the address that was bound.
     * @throws IOException when it cannot be bound; the message says what to do.
     */
    public InetSocketAddress open() throws IOException {
        final GatewayLoop loop = shares.getFirst().loop();
        final ServerBootstrap bootstrap = new ServerBootstrap()
                .group(loop.netty(), new DealingLoopGroup(shares))
                .channel(loop.serverChannelType())
                .option(ChannelOption.SO_BACKLOG, NetLimits.ACCEPT_BACKLOG)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.SO_KEEPALIVE, true)
                .childOption(
                        ChannelOption.WRITE_BUFFER_WATER_MARK,
                        new WriteBufferWaterMark(NetLimits.WRITE_LOW_WATERMARK, NetLimits.WRITE_HIGH_WATERMARK))
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(final Channel child) {
                        shareOf(child).hub().accept(child);
                    }
                });
        if (config.sendBufferLength() > 0) {
            bootstrap.childOption(ChannelOption.SO_SNDBUF, config.sendBufferLength());
        }
        if (config.receiveBufferLength() > 0) {
            bootstrap.childOption(ChannelOption.SO_RCVBUF, config.receiveBufferLength());
        }
        final ChannelFuture bound = bootstrap.bind(config.host(), config.port());
        for (int i = 0; i < MAX_BIND_CYCLES && !bound.isDone(); i++) {
            loop.poll();
        }
        if (!bound.isSuccess()) {
            throw new IOException(
                    "cannot listen: host=" + config.host() + ", port=" + config.port()
                            + "; is another process listening there, or is the address not of this machine?",
                    bound.cause());
        }
        channel = bound.channel();
        return (InetSocketAddress) channel.localAddress();
    }

    /** Accepts no more; open connections stay. */
    public void close() {
        if (channel != null) {
            channel.close();
            channel = null;
        }
    }

    private GatewayShare shareOf(final Channel child) {
        for (final GatewayShare share : shares) {
            if (share.loop().netty() == child.eventLoop()) {
                child.config().setAllocator(share.loop().allocator());
                return share;
            }
        }
        throw new IllegalStateException("channel of a foreign loop: channel=" + child);
    }
}
