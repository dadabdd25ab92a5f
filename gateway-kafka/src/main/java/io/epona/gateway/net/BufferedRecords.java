package io.epona.gateway.net;

import io.netty.buffer.ByteBuf;
import io.netty.channel.FileRegion;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.ReferenceCounted;
import org.apache.kafka.common.record.internal.BaseRecords;
import org.apache.kafka.common.record.internal.RecordsSend;

/**
 * Record batches on their way into a fetch response: bytes in a buffer, or a region of a file. Owns one reference,
 * which the response that carries it takes over, or {@link #release()} gives back.
 */
public final class BufferedRecords implements BaseRecords {
    private final ReferenceCounted content;
    private final int length;

    /** Takes over the caller's reference of the buffer; its readable bytes are the records. */
    public BufferedRecords(final ByteBuf buffer) {
        this.content = buffer;
        this.length = buffer.readableBytes();
    }

    /** Takes over the caller's reference of the region. */
    public BufferedRecords(final FileRegion region) {
        this.content = region;
        this.length = Math.toIntExact(region.count());
    }

    /** A {@link ByteBuf} or a {@link FileRegion}. */
    ReferenceCounted content() {
        return content;
    }

    @Override
    public int sizeInBytes() {
        return length;
    }

    /** Gives the bytes back when no response took them over. */
    public void release() {
        ReferenceCountUtil.safeRelease(content);
    }

    @Override
    public RecordsSend<BaseRecords> toSend() {
        throw new UnsupportedOperationException("responses are written by ResponseWriter");
    }
}
