package io.epona.gateway.net;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelConfig;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.util.UncheckedBooleanSupplier;

/**
 * Cuts the bytes of one connection into frames: four bytes length, big-endian, then that many bytes.
 *
 * <p>It also says into which buffer Netty reads. While no frame is begun that is a buffer out of the pool, larger the
 * more the connection sends, and whole frames in it are handed on as slices. Once the length of a frame is known that
 * is not all there, the rest is read straight into a buffer of the frame's own. So a byte is copied at most once here,
 * and an idle connection holds no buffer. A frame's buffer grows with what has come, not with what was announced.
 *
 * <p>Gateway thread only. Owned by its connection.
 */
final class FrameReader implements RecvByteBufAllocator.ExtendedHandle {
    private static final int PREFIX_LENGTH = Integer.BYTES;

    private final ByteBufAllocator allocator;
    private final RequestMemory memory;
    private final Sink sink;

    private ByteBuf frame;
    private int frameLength;
    private int largestFrameLength = NetLimits.MIN_READ_LENGTH;
    private int prefix;
    private int prefixLength;

    private int readLength = NetLimits.MIN_READ_LENGTH;
    private boolean wasShortRead;
    private int attemptedLength;
    private int lastLength;
    private int reads;
    private boolean closed;

    /** Where frames go. */
    interface Sink {
        /** Whether a frame may be that long; false when the connection has been closed for it. */
        boolean onFrameLength(int length);

        /** A frame that is not all there yet has begun. */
        void onFrameStarted(int length);

        /** A whole frame. The receiver owns one reference and {@code length} bytes of request memory. */
        void onFrame(ByteBuf frame, int length);

        /** Whether reading may go on now. */
        boolean isReading();
    }

    FrameReader(final ByteBufAllocator allocator, final RequestMemory memory, final Sink sink) {
        this.allocator = allocator;
        this.memory = memory;
        this.sink = sink;
    }

    /** What Netty has read. Takes over the reference. */
    void onRead(final ByteBuf bytes) {
        try {
            if (bytes == frame) {
                onFrameBytes();
            } else {
                onLooseBytes(bytes);
            }
        } finally {
            bytes.release();
        }
    }

    /** True while a frame, or its length, is there in part. */
    boolean isInFrame() {
        return frame != null || prefixLength > 0;
    }

    /** Bytes of the begun frame that are not there yet. */
    int remainingLength() {
        return frame == null ? 0 : frameLength - frame.writerIndex();
    }

    void close() {
        closed = true;
        if (frame != null) {
            memory.release(frame.capacity());
            frame.release();
            frame = null;
        }
    }

    private void onFrameBytes() {
        if (frame.writerIndex() == frameLength) {
            final ByteBuf whole = frame;
            frame = null;
            largestFrameLength = Math.max(largestFrameLength, Math.min(frameLength, NetLimits.MAX_READ_LENGTH));
            sink.onFrame(whole, frameLength);
        }
    }

    private void onLooseBytes(final ByteBuf bytes) {
        while (bytes.isReadable() && !closed) {
            final boolean isBegun = prefixLength > 0;
            if (!readPrefix(bytes)) {
                if (!isBegun) {
                    sink.onFrameStarted(PREFIX_LENGTH);
                }
                return;
            }
            final int length = prefix;
            prefix = 0;
            prefixLength = 0;
            if (!sink.onFrameLength(length)) {
                return;
            }
            if (bytes.readableBytes() >= length) {
                memory.reserve(length);
                sink.onFrame(bytes.readRetainedSlice(length), length);
            } else {
                startFrame(bytes, length);
            }
        }
    }

    private boolean readPrefix(final ByteBuf bytes) {
        while (prefixLength < PREFIX_LENGTH && bytes.isReadable()) {
            prefix = (prefix << Byte.SIZE) | bytes.readUnsignedByte();
            prefixLength++;
        }
        return prefixLength == PREFIX_LENGTH;
    }

    private void startFrame(final ByteBuf bytes, final int length) {
        final int grown = bytes.readableBytes() * NetLimits.FRAME_GROWTH;
        final int capacity = Math.min(length, Math.max(largestFrameLength, grown));
        memory.reserve(capacity);
        frame = allocator.directBuffer(capacity, capacity);
        frameLength = length;
        frame.writeBytes(bytes);
        sink.onFrameStarted(length);
    }

    private void growFrame() {
        final int oldCapacity = frame.capacity();
        final int capacity = (int) Math.min(frameLength, (long) oldCapacity * NetLimits.FRAME_GROWTH);
        memory.reserve(capacity - oldCapacity);
        final ByteBuf larger = allocator.directBuffer(capacity, capacity);
        larger.writeBytes(frame);
        frame.release();
        frame = larger;
    }

    @Override
    public ByteBuf allocate(final ByteBufAllocator alloc) {
        if (frame == null) {
            return alloc.ioBuffer(readLength);
        }
        if (!frame.isWritable()) {
            growFrame();
        }
        return frame.retain();
    }

    @Override
    public int guess() {
        return frame == null ? readLength : frame.writableBytes();
    }

    @Override
    public void reset(final ChannelConfig config) {
        reads = 0;
    }

    @Override
    public void incMessagesRead(final int messages) {
        reads += messages;
    }

    @Override
    public void attemptedBytesRead(final int bytes) {
        attemptedLength = bytes;
    }

    @Override
    public int attemptedBytesRead() {
        return attemptedLength;
    }

    @Override
    public void lastBytesRead(final int bytes) {
        lastLength = bytes;
        if (frame != null) {
            return;
        }
        if (bytes == attemptedLength) {
            readLength = Math.min(readLength * 4, NetLimits.MAX_READ_LENGTH);
            wasShortRead = false;
        } else if (bytes < readLength / 4) {
            if (wasShortRead) {
                readLength = Math.max(readLength / 2, NetLimits.MIN_READ_LENGTH);
            }
            wasShortRead = !wasShortRead;
        } else {
            wasShortRead = false;
        }
    }

    @Override
    public int lastBytesRead() {
        return lastLength;
    }

    @Override
    public boolean continueReading() {
        return lastLength == attemptedLength && mayContinue();
    }

    @Override
    public boolean continueReading(final UncheckedBooleanSupplier maybeMoreData) {
        return mayContinue() && maybeMoreData.get();
    }

    private boolean mayContinue() {
        return lastLength > 0 && reads < NetLimits.MAX_READS_PER_TURN && sink.isReading();
    }

    @Override
    public void readComplete() {
        // Nothing to sum up: the length of the next read follows from each single one.
    }
}
