package io.epona.replicator.driver;

import io.aeron.CncFileDescriptor;
import java.io.File;
import java.nio.MappedByteBuffer;
import org.agrona.BufferUtil;
import org.agrona.IoUtil;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.broadcast.BroadcastBufferDescriptor;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;

/**
 * What passes between the driver and its clients, seen from outside: two counters of the driver's own buffers. Asked by
 * the driver's thread only; closed when that has ended.
 */
final class DriverMailbox implements AutoCloseable {
    private final MappedByteBuffer file;
    private final UnsafeBuffer toClients;
    private final UnsafeBuffer toDriver;
    private final int answeredIndex;
    private final int takenIndex;
    private long answered;
    private long taken;

    /** @param cncFile of a driver that is active. */
    DriverMailbox(final File cncFile) {
        this.file = IoUtil.mapExistingFile(cncFile, "cnc");
        final UnsafeBuffer metaData = CncFileDescriptor.createMetaDataBuffer(file);
        this.toClients = CncFileDescriptor.createToClientsBuffer(file, metaData);
        this.toDriver = CncFileDescriptor.createToDriverBuffer(file, metaData);
        this.answeredIndex = toClients.capacity()
                - BroadcastBufferDescriptor.TRAILER_LENGTH
                + BroadcastBufferDescriptor.TAIL_COUNTER_OFFSET;
        this.takenIndex =
                toDriver.capacity() - RingBufferDescriptor.TRAILER_LENGTH + RingBufferDescriptor.HEAD_POSITION_OFFSET;
    }

    /** Whether the driver has said something to its clients since the last call. */
    boolean hasAnswered() {
        final long now = toClients.getLongVolatile(answeredIndex);
        final boolean isNew = now != answered;
        answered = now;
        return isNew;
    }

    /** Whether the driver has taken a command of a client since the last call. */
    boolean hasTaken() {
        final long now = toDriver.getLongVolatile(takenIndex);
        final boolean isNew = now != taken;
        taken = now;
        return isNew;
    }

    @Override
    public void close() {
        BufferUtil.free(file);
    }
}
