package io.epona.controller.cluster;

import io.aeron.driver.MediaDriver;
import io.epona.controller.ControlLogHandler;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * One member with a driver, and a handler that writes down all it hears: the state is the list of lines, the snapshot
 * has one part for each line.
 */
final class TestMember implements AutoCloseable, ControlLogHandler {
    final List<String> lines = new CopyOnWriteArrayList<>();
    final List<Throwable> failures = new CopyOnWriteArrayList<>();
    final List<Long> connections = new CopyOnWriteArrayList<>();
    final List<Long> closedSessions = new CopyOnWriteArrayList<>();
    final AtomicBoolean isHealthy = new AtomicBoolean(true);
    private final Set<String> submitted = ConcurrentHashMap.newKeySet();
    final ClusterControlLog log;
    private final MediaDriver driver;
    private final ClusterLogConfig config;
    private volatile int snapshotParts;
    private volatile int loadedParts;
    private volatile boolean isConnected;
    private long newestTimestampMs;

    TestMember(ClusterLogConfig config) {
        this.config = config;
        this.driver = TestCell.driver(config.aeronDirectoryName());
        ClusterControlLog opened = null;
        try {
            opened = new ClusterControlLog(
                    config,
                    new ClusterLogContext(
                            ClusterLogContext.threads(TestCell.PLACEMENT), isHealthy::get, failures::add));
        } finally {
            if (opened == null) {
                driver.close();
            }
        }
        this.log = opened;
        log.start(this);
    }

    int nodeId() {
        return config.nodeId();
    }

    boolean isConnected() {
        return isConnected;
    }

    int snapshotParts() {
        return snapshotParts;
    }

    int loadedParts() {
        return loadedParts;
    }

    /** Submits a line, which must be taken; it may be lost on its way all the same. */
    void submit(String line) {
        submitted.add(line);
        byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
        if (!log.submit(new UnsafeBuffer(bytes), 0, bytes.length)) {
            throw new AssertionError("not taken: line=" + line);
        }
    }

    /** Submits again what has not come back. */
    void submitLostAgain() {
        submitted.stream().filter(line -> !lines.contains(line)).toList().forEach(this::submit);
    }

    @Override
    public void onCommand(long sessionId, long timestampMs, DirectBuffer buffer, int offset, int length) {
        if (timestampMs < newestTimestampMs) {
            throw new AssertionError("time goes back: " + timestampMs + " < " + newestTimestampMs);
        }
        newestTimestampMs = timestampMs;
        String line = buffer.getStringWithoutLengthUtf8(offset, length);
        if (!lines.contains(line)) { // else one that was thought lost
            lines.add(line);
        }
    }

    @Override
    public void onSessionClosed(long sessionId, long timestampMs) {
        closedSessions.add(sessionId);
    }

    @Override
    public void onConnected(long sessionId) {
        connections.add(sessionId);
        isConnected = true;
    }

    @Override
    public void onDisconnected() {
        isConnected = false;
    }

    @Override
    public void onSnapshotPart(DirectBuffer buffer, int offset, int length) {
        lines.add(buffer.getStringWithoutLengthUtf8(offset, length));
        loadedParts++;
    }

    @Override
    public void onSnapshotEnd() {
        // nothing is derived from the lines
    }

    @Override
    public void takeSnapshot(SnapshotSink sink) {
        List<String> state = new ArrayList<>(lines);
        for (String line : state) {
            byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
            sink.onPart(new UnsafeBuffer(bytes), 0, bytes.length);
        }
        snapshotParts = state.size();
    }

    /** For messages: what this member has and where it stands. */
    @Override
    public String toString() {
        return "node " + nodeId() + "[lines=" + lines.size() + ", lost="
                + submitted.stream().filter(line -> !lines.contains(line)).count() + ", isConnected=" + isConnected
                + ", snapshotParts=" + snapshotParts + ", status=" + log.status() + ", failures=" + failures + "]";
    }

    @Override
    public void close() {
        try (driver) {
            log.close();
        }
    }
}
