package io.epona.gateway.net;

import io.netty.channel.ChannelHandlerContext;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.ReferenceCounted;
import java.util.ArrayList;
import java.util.List;

/**
 * A serialised response: buffers and file regions in the order in which they go out. Owns one reference of each until
 * it is written or released.
 */
final class ResponseParts {
    private ReferenceCounted first;
    private List<ReferenceCounted> rest;
    private long length;

    void add(final ReferenceCounted part, final long partLength) {
        length += partLength;
        if (first == null) {
            first = part;
        } else {
            if (rest == null) {
                rest = new ArrayList<>(4);
            }
            rest.add(part);
        }
    }

    boolean isEmpty() {
        return first == null;
    }

    /** Bytes in all parts. */
    long length() {
        return length;
    }

    /** Gives every part to the channel, which owns them from then on; a failure arrives at the pipeline's end. */
    void writeTo(final ChannelHandlerContext context) {
        context.write(first, context.voidPromise());
        if (rest != null) {
            for (final ReferenceCounted part : rest) {
                context.write(part, context.voidPromise());
            }
        }
        first = null;
        rest = null;
    }

    void release() {
        ReferenceCountUtil.safeRelease(first);
        if (rest != null) {
            rest.forEach(ReferenceCountUtil::safeRelease);
        }
        first = null;
        rest = null;
    }
}
