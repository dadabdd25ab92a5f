package io.epona.controller.cluster;

import io.aeron.driver.MediaDriver;
import io.aeron.driver.ThreadingMode;
import io.epona.runtime.ThreadPlacement;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.SleepingMillisIdleStrategy;

/** Members of a cell with a media driver each, ports that were free a moment ago, and waits with deadlines. */
final class TestCell {
    static final long DEADLINE_MS = 120_000;
    static final long SESSION_TIMEOUT_MS = 1_000;

    /** No session ends before a test does, however busy the host is. */
    static final long NO_SESSION_TIMEOUT_MS = 600_000;

    /** A busy host must not make members suspect each other. */
    static final ThreadPlacement PLACEMENT = ThreadPlacement.DEFAULT.withSlice(TimeUnit.MILLISECONDS.toNanos(1));

    /** A session timeout that stands for all of the ordinary timing: to measure. */
    private static final long AS_NODES_HAVE_IT = 0;

    private static final long RESUBMIT_MS = 3_000;

    private TestCell() {}

    /** A media driver for one member, made as the node makes it: small buffers, patient with its clients. */
    static MediaDriver driver(String directoryName) {
        return MediaDriver.launch(new MediaDriver.Context()
                .aeronDirectoryName(directoryName)
                .threadingMode(ThreadingMode.SHARED)
                .sharedThreadFactory(ClusterLogContext.threads(PLACEMENT))
                .sharedIdleStrategy(new BackoffIdleStrategy(10, 20, 50_000, 1_000_000))
                .dirDeleteOnStart(true)
                .dirDeleteOnShutdown(true)
                .warnIfDirectoryExists(false)
                .termBufferSparseFile(true)
                .ipcTermBufferLength(64 * 1024)
                .publicationTermBufferLength(64 * 1024)
                .counterValuesBufferLength(1024 * 1024)
                .asyncExecutorIdleStrategy(new SleepingMillisIdleStrategy(10))
                .timerIntervalNs(TimeUnit.MILLISECONDS.toNanos(100))
                .clientLivenessTimeoutNs(TimeUnit.SECONDS.toNanos(120))
                .publicationUnblockTimeoutNs(TimeUnit.SECONDS.toNanos(130)));
    }

    /** Members on this host, each with as many free ports in a row as it needs. */
    static List<CellMember> members(int count) throws IOException {
        List<CellMember> members = new ArrayList<>();
        Random random = new Random();
        while (members.size() < count) {
            // below the range of ports that the system hands out itself
            int base = 10_000 + random.nextInt(20_000 / 8) * 8;
            boolean isTaken = members.stream().anyMatch(member -> member.basePort() == base);
            if (!isTaken && areFree(base)) {
                members.add(new CellMember(members.size() + 1, "localhost", base));
            }
        }
        return members;
    }

    static ClusterLogConfig config(List<CellMember> members, int nodeId, Path root, ClusterLogSizes sizes) {
        return config(members, nodeId, root, sizes, SESSION_TIMEOUT_MS);
    }

    static ClusterLogConfig config(
            List<CellMember> members, int nodeId, Path root, ClusterLogSizes sizes, long sessionTimeoutMs) {
        return new ClusterLogConfig(
                nodeId,
                members,
                root.resolve("node-" + nodeId),
                aeronDirectoryName(members, nodeId),
                timing(sessionTimeoutMs),
                sizes);
    }

    /** More patient than nodes are: the host is busy with other tests, and nothing is warm. */
    static ClusterLogTiming timing(long sessionTimeoutMs) {
        ClusterLogTiming shared = ClusterLogTiming.shared();
        if (sessionTimeoutMs == AS_NODES_HAVE_IT) {
            return shared;
        }
        return new ClusterLogTiming(
                shared.leaderHeartbeatIntervalNs(),
                2 * shared.leaderHeartbeatTimeoutNs(),
                2 * shared.electionTimeoutNs(),
                shared.voteTimeoutNs(),
                shared.electionStatusIntervalNs(),
                shared.startupCanvassTimeoutNs(),
                TimeUnit.MILLISECONDS.toNanos(sessionTimeoutMs),
                shared.keepAliveIntervalNs(),
                shared.idleParkNs(),
                shared.busyParkNs(),
                shared.serviceIdleParkNs());
    }

    static String aeronDirectoryName(List<CellMember> members, int nodeId) {
        return "/dev/shm/epona-test-" + ProcessHandle.current().pid() + "-"
                + members.get(0).basePort() + "-" + nodeId;
    }

    /** Directories of drivers that are still there. */
    static List<Path> leftDriverDirectories(List<CellMember> members) {
        return members.stream()
                .map(member -> Path.of(aeronDirectoryName(members, member.nodeId())))
                .filter(java.nio.file.Files::exists)
                .toList();
    }

    /** Waits for a condition; fails with what it was after the deadline. */
    static void await(String what, BooleanSupplier condition) {
        await(() -> what, condition, () -> {});
    }

    /** The same, with something to do every few seconds: commands may be lost, whoever submits them tries again. */
    static void await(Supplier<String> what, BooleanSupplier condition, Runnable again) {
        long againNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(RESUBMIT_MS);
        long deadlineNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(DEADLINE_MS);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadlineNs > 0) {
                throw new AssertionError("not within " + DEADLINE_MS + " ms: " + what.get());
            }
            if (System.nanoTime() - againNs > 0) {
                againNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(RESUBMIT_MS);
                again.run();
            }
            LockSupport.parkNanos(1_000_000);
        }
    }

    private static boolean areFree(int base) throws IOException {
        for (int i = 0; i < CellMember.PORT_COUNT; i++) {
            try (DatagramSocket socket = new DatagramSocket(null)) {
                socket.setReuseAddress(false);
                socket.bind(new InetSocketAddress(InetAddress.getByName("localhost"), base + i));
            } catch (java.net.BindException e) {
                return false;
            }
        }
        return true;
    }
}
