package io.epona.demo.load;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** A hash of a message's bytes whose sums over two sets of messages differ when a message does. Pure. */
final class ContentHash {
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private ContentHash() {}

    /** Hash of a message whose length is a multiple of 8, as the demo's is. */
    static long of(final byte[] message) {
        long hash = message.length;
        for (int i = 0; i + Long.BYTES <= message.length; i += Long.BYTES) {
            hash = mix(hash + (long) LONGS.get(message, i));
        }
        return hash;
    }

    /** Spreads the bits of a number; never negative. */
    static long mix(final long value) {
        long mixed = (value ^ (value >>> 30)) * 0xbf58476d1ce4e5b9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94d049bb133111ebL;
        return (mixed ^ (mixed >>> 31)) & Long.MAX_VALUE;
    }
}
