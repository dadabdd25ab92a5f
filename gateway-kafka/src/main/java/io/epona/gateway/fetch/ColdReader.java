package io.epona.gateway.fetch;

import io.epona.partitionlog.LogRead;
import io.epona.partitionlog.PartitionLogs;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads partition logs on threads that may wait for the device, and has the pages in memory before it hands a slice
 * back, so that sending it does not make the gateway thread wait either.
 */
final class ColdReader {
    private static final Logger LOGGER = LoggerFactory.getLogger(ColdReader.class);
    private static final int TOUCH_LENGTH = 256 * 1024;
    private static final ThreadLocal<ByteBuffer> TOUCHED =
            ThreadLocal.withInitial(() -> ByteBuffer.allocateDirect(TOUCH_LENGTH));

    private final PartitionLogs logs;
    private final Executor executor;

    /**
     * One read.
     *
     * @param partition that wants it.
     * @param partitionIndex of that partition.
     * @param offset of the first record wanted.
     * @param limitOffset no record from there on.
     * @param isReadCommitted whether aborted transactions are wanted beside the records.
     */
    record Request(
            FetchPartition partition,
            int partitionIndex,
            long offset,
            long limitOffset,
            int maxLength,
            boolean isReadCommitted) {}

    /**
     * What came of it.
     *
     * @param read null when reading failed.
     */
    record Result(Request request, LogRead read) {}

    ColdReader(final PartitionLogs logs, final Executor executor) {
        this.logs = logs;
        this.executor = executor;
    }

    /**
     * Reads one after the other until the bytes are enough.
     *
     * @param requests in the order in which they count.
     * @param maxLength bytes in all, except that the first batch always comes.
     * @param then called on the reading thread; must hand over to the gateway thread.
     * @return false when there is too much to read already.
     */
    boolean read(final List<Request> requests, final int maxLength, final Consumer<List<Result>> then) {
        try {
            executor.execute(() -> then.accept(readAll(requests, maxLength)));
            return true;
        } catch (final RejectedExecutionException ex) {
            LOGGER.debug("cold read refused", ex);
            return false;
        }
    }

    private List<Result> readAll(final List<Request> requests, final int maxLength) {
        final List<Result> results = new ArrayList<>(requests.size());
        int remaining = maxLength;
        boolean isFirst = true;
        for (final Request request : requests) {
            if (remaining <= 0 && !isFirst) {
                break;
            }
            final LogRead read = read(request, Math.min(remaining, request.maxLength()), isFirst);
            results.add(new Result(request, read));
            if (read != null && read.length() > 0) {
                remaining -= read.length();
                isFirst = false;
            }
        }
        return results;
    }

    private LogRead read(final Request request, final int maxLength, final boolean minOneMessage) {
        LogRead read = null;
        try {
            final int length = Math.max(0, maxLength);
            read = request.isReadCommitted()
                    ? logs.readCommitted(
                            request.partitionIndex(), request.offset(), request.limitOffset(), length, minOneMessage)
                    : logs.read(request.partitionIndex(), request.offset(), length, minOneMessage);
            if (read.status() == LogRead.Status.RECORDS) {
                touch(read);
            }
            return read;
        } catch (final IOException | RuntimeException ex) {
            LOGGER.error(
                    "cannot read partition log: partitionIndex={}, offset={}",
                    request.partitionIndex(),
                    request.offset(),
                    ex);
            if (read != null) {
                read.close();
            }
            return null;
        }
    }

    private static void touch(final LogRead read) throws IOException {
        final ByteBuffer buffer = TOUCHED.get();
        final long end = read.filePosition() + read.length();
        long position = read.filePosition();
        while (position < end) {
            buffer.clear().limit((int) Math.min(buffer.capacity(), end - position));
            final int length = read.channel().read(buffer, position);
            if (length <= 0) {
                break;
            }
            position += length;
        }
    }
}
