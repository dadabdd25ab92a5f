package io.epona.controller;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The control log of a cell of one: commands are delivered in the order in which they are submitted, and what was
 * decided about them is what becomes durable, in the {@link MetadataLog}. Any thread submits; everything else happens
 * on the executor's thread.
 */
final class LocalControlLog implements ControlLog, EffectLog {
    /** There is one connection, which never ends. */
    static final long SESSION_ID = 0;

    private static final Logger LOG = LoggerFactory.getLogger(LocalControlLog.class);
    private static final long CLOSE_TIMEOUT_MS = 10_000;

    private final int nodeId;
    private final MetadataLog log;
    private final Executor executor;
    private ControlLogHandler handler;
    private long lastTimestampMs;
    private boolean ended;

    LocalControlLog(int nodeId, MetadataLog log, Executor executor) {
        this.nodeId = nodeId;
        this.log = log;
        this.executor = executor;
    }

    @Override
    public void start(ControlLogHandler controlLogHandler) {
        handler = controlLogHandler;
        handler.onConnected(SESSION_ID);
    }

    @Override
    public boolean submit(DirectBuffer buffer, int offset, int length) {
        byte[] command = new byte[length];
        buffer.getBytes(offset, command);
        try {
            executor.execute(() -> deliver(new UnsafeBuffer(command)));
            return true;
        } catch (RejectedExecutionException e) {
            return false;
        }
    }

    private void deliver(DirectBuffer command) {
        if (ended) {
            return;
        }
        lastTimestampMs = Math.max(lastTimestampMs, System.currentTimeMillis());
        try {
            handler.onCommand(SESSION_ID, lastTimestampMs, command, 0, command.capacity());
        } catch (RuntimeException e) {
            LOG.debug("a command was not carried out", e); // the handler has told why, and who waits for it
        }
    }

    @Override
    public void append(List<MetadataRecord> records) throws IOException {
        log.append(records);
    }

    @Override
    public int maxCommandLength() {
        return Integer.MAX_VALUE - 8;
    }

    @Override
    public ControlLogStatus status() {
        return new ControlLogStatus(nodeId, 0, log.length(), List.of(nodeId));
    }

    @Override
    public void close() {
        CompletableFuture<Void> closed = new CompletableFuture<>();
        try {
            executor.execute(() -> {
                ended = true;
                log.close();
                closed.complete(null);
            });
            closed.get(CLOSE_TIMEOUT_MS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            LOG.warn("interrupted while the metadata log was closed");
        } catch (RejectedExecutionException | ExecutionException | TimeoutException e) {
            LOG.warn("the controller did not end its last command in time", e);
        }
    }
}
