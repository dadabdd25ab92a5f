package io.epona.controller.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.agrona.CloseHelper;
import org.agrona.IoUtil;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClusterControlLogTest {
    /** Terms and files as small as can be, and a snapshot for each MiB of log. */
    private static final ClusterLogSizes SMALL = new ClusterLogSizes(512 * 1024, 512 * 1024, 1 << 20);

    @TempDir
    Path root;

    private List<CellMember> cell;
    private long sessionTimeoutMs = TestCell.SESSION_TIMEOUT_MS;
    private int longLineCount;
    private final Map<Integer, TestMember> members = new TreeMap<>();

    @BeforeEach
    void chooseMembers() throws Exception {
        cell = TestCell.members(3);
    }

    @AfterEach
    void closeMembers() {
        CloseHelper.quietCloseAll(members.values());
        assertTrue(TestCell.leftDriverDirectories(cell).isEmpty());
    }

    @Test
    void shouldApplyCommandsInOneOrderOnAllMembersWhenAllSubmit() {
        startAll();
        for (int i = 0; i < 100; i++) {
            for (TestMember member : members.values()) {
                member.submit("command " + i + " of " + member.nodeId());
            }
        }
        awaitLines(300);
        assertSameEverywhere();
    }

    @Test
    void shouldHaveEverythingAgainWhenMembersRestartOneAfterTheOther() {
        startAll();
        submit(1, 0, 20);
        awaitLines(20);
        for (int nodeId = 1; nodeId <= 3; nodeId++) {
            stop(nodeId);
            int submitter = nodeId % 3 + 1;
            TestCell.await(
                    "leader without node " + nodeId,
                    () -> leaderId(submitter) > 0 && member(submitter).isConnected());
            submit(submitter, 20 * nodeId, 20);
            start(nodeId);
            awaitLines(20 * (nodeId + 1));
        }
        assertSameEverywhere();
    }

    @Test
    void shouldHaveEverythingAgainWhenAllMembersRestart() {
        startAll();
        submit(2, 0, 50);
        awaitLines(50);
        List.of(1, 2, 3).forEach(this::stop);
        start(1);
        start(3); // two of three are enough
        TestCell.await("connected", () -> member(1).isConnected() && member(3).isConnected());
        submit(3, 50, 10);
        awaitLines(60);
        start(2);
        awaitLines(60);
        assertSameEverywhere();
    }

    @Test
    void shouldElectAnotherLeaderAndKeepSessionsWhenTheLeaderStops() {
        sessionTimeoutMs = TestCell.NO_SESSION_TIMEOUT_MS;
        startAll();
        submit(1, 0, 10);
        awaitLines(10);
        int leaderId = leaderId(1);
        List<Integer> others =
                List.of(1, 2, 3).stream().filter(id -> id != leaderId).toList();
        stop(leaderId);
        TestCell.await(
                "new leader", () -> others.stream().allMatch(id -> leaderId(id) > 0 && leaderId(id) != leaderId));
        others.forEach(id -> submit(id, 100 * id, 10));
        awaitLines(30);
        others.forEach(id -> assertEquals(1, member(id).connections.size(), "session survived: node " + id));
        assertSameEverywhere();
    }

    @Test
    void shouldTellEveryMemberAndConnectAgainWhenANodeWasSilent() {
        startAll();
        int leaderId = leaderId(1);
        TestMember silent = member(leaderId % 3 + 1);
        long lost = silent.connections.get(0);
        silent.isHealthy.set(false);
        TestCell.await(
                "session closed everywhere",
                () -> members.values().stream().allMatch(member -> member.closedSessions.contains(lost)));
        silent.isHealthy.set(true);
        TestCell.await("connected again", () -> silent.connections.size() > 1 && silent.isConnected());
        assertNotEquals(lost, silent.connections.get(silent.connections.size() - 1));
        submit(silent.nodeId(), 0, 5);
        awaitLines(5);
        assertSameEverywhere();
    }

    @Test
    void shouldCutTheLogAndBeginFromASnapshotWhenItIsLong() {
        startAll(SMALL);
        int lines = 0;
        int linesInRound = 150; // more than the log length after which there is another snapshot
        for (int round = 0; round < 4; round++) {
            lines += linesInRound;
            submitLong(1, linesInRound, 8_000);
            awaitLines(lines);
            int parts = lines - linesInRound;
            TestCell.await(
                    () -> "snapshot on all: " + members.values(),
                    () -> members.values().stream().allMatch(member -> member.snapshotParts() >= parts),
                    () -> {});
        }
        int total = lines;
        TestCell.await("log cut on all", () -> List.of(1, 2, 3).stream().allMatch(id -> segmentCount(id) <= 7));
        stop(2);
        TestMember again = start(2, SMALL);
        awaitLines(total);
        assertTrue(again.loadedParts() > 0);
        assertSameEverywhere();
    }

    @Test
    void shouldFetchEverythingFromTheLeaderWhenItWasAwayForLongerThanTheLogIsKept() {
        startAll(SMALL);
        submit(1, 0, 5);
        awaitLines(5);
        int awayId = leaderId(1) % 3 + 1;
        int otherId = awayId % 3 + 1;
        stop(awayId);
        int lines = 5;
        while (members.values().stream().anyMatch(member -> hasFirstSegment(member.nodeId()))) {
            submitLong(otherId, 50, 8_000);
            lines += 50;
            awaitLines(lines);
            assertTrue(lines < 5_000, "the log is never cut");
        }
        TestMember again = start(awayId, SMALL);
        awaitLines(lines);
        TestCell.await("connected", again::isConnected);
        submit(awayId, 5, 1);
        awaitLines(lines + 1);
        assertSameEverywhere();
    }

    @Test
    void shouldFetchEverythingFromTheLeaderWhenAMemberLostItsDirectory() throws Exception {
        startAll(SMALL);
        submitLong(1, 200, 8_000);
        awaitLines(200);
        TestCell.await("snapshot", () -> members.values().stream().allMatch(member -> member.snapshotParts() > 0));
        int leaderId = leaderId(1);
        for (int nodeId : List.of(leaderId % 3 + 1, leaderId)) {
            stop(nodeId);
            IoUtil.delete(root.resolve("node-" + nodeId).toFile(), false);
            int other = nodeId % 3 + 1;
            TestCell.await("leader", () -> leaderId(other) > 0 && member(other).isConnected());
            submit(other, 1_000 * nodeId, 10);
            start(nodeId, SMALL);
            awaitLines(members.get(other).lines.size());
            TestCell.await("connected", () -> member(nodeId).isConnected());
        }
        assertEquals(220, member(1).lines.size());
        assertSameEverywhere();
    }

    @Test
    void shouldNotVoteWhenAMemberLostItsDirectoryAndThereIsNoLeader() throws Exception {
        startAll();
        submit(1, 0, 10);
        awaitLines(10);
        List.of(1, 2, 3).forEach(this::stop);
        IoUtil.delete(root.resolve("node-2").toFile(), false);
        start(2);
        start(3);
        TestCell.await("asked", () -> member(3).log.status().leaderId() == -1);
        assertNoLeaderFor(2_500);
        start(1);
        awaitLines(10);
        assertSameEverywhere();
    }

    @Test
    void shouldNamePortAndKeyWhenAPortIsTaken() throws Exception {
        int port = cell.get(0).port(CellMember.Service.CONSENSUS);
        try (DatagramSocket socket = new DatagramSocket(null)) {
            socket.bind(new InetSocketAddress(InetAddress.getByName("localhost"), port));
            ClusterLogException e = assertThrows(ClusterLogException.class, () -> start(1));
            assertTrue(e.getMessage().contains("port=" + port), e.getMessage());
            assertTrue(e.getMessage().contains("key=cell.members"), e.getMessage());
        }
    }

    @Test
    void shouldSayWhatIsMissingWhenThereIsNoDriver() {
        ClusterLogException e = assertThrows(
                ClusterLogException.class,
                () -> new ClusterControlLog(
                        TestCell.config(cell, 1, root, SMALL), new ClusterLogContext(failure -> {})));
        assertTrue(e.getMessage().contains("no media driver"), e.getMessage());
    }

    @Test
    void shouldCloseAtOnceWhenItWaitsForTheOthers() {
        TestMember alone = start(1);
        long startNs = System.nanoTime();
        stop(1);
        assertTrue(System.nanoTime() - startNs < TimeUnit.MILLISECONDS.toNanos(ClusterLogLimits.CLOSE_TIMEOUT_MS));
        assertEquals(List.of(), alone.failures);
    }

    @Test
    void shouldRefuseADirectoryWhenItIsOfAnotherNode() throws Exception {
        startAll();
        stop(1);
        IoUtil.delete(root.resolve("node-1").toFile(), false);
        stop(2);
        Files.move(root.resolve("node-2"), root.resolve("node-1"));
        TestMember wrong = start(1);
        TestCell.await("refused", () -> !wrong.failures.isEmpty());
        assertTrue(wrong.failures.get(0).getMessage().contains("of another node"));
        assertFalse(wrong.isConnected());
    }

    private void assertNoLeaderFor(long durationMs) {
        long endNs = System.nanoTime() + durationMs * 1_000_000;
        while (System.nanoTime() - endNs < 0) {
            members.values().forEach(member -> assertFalse(member.isConnected(), "node " + member.nodeId()));
            Thread.onSpinWait();
            java.util.concurrent.locks.LockSupport.parkNanos(5_000_000);
        }
    }

    private void assertSameEverywhere() {
        TestMember first = members.values().iterator().next();
        for (TestMember member : members.values()) {
            assertEquals(first.lines, member.lines, "node " + member.nodeId());
            assertEquals(List.of(), member.failures, "node " + member.nodeId());
        }
    }

    private void startAll() {
        startAll(ClusterLogSizes.STANDARD);
    }

    private void startAll(ClusterLogSizes sizes) {
        for (int nodeId = 1; nodeId <= 3; nodeId++) {
            start(nodeId, sizes);
        }
        TestCell.await(
                "all connected",
                () -> members.values().stream()
                        .allMatch(member -> member.isConnected() && leaderId(member.nodeId()) > 0));
    }

    private TestMember start(int nodeId) {
        return start(nodeId, ClusterLogSizes.STANDARD);
    }

    private TestMember start(int nodeId, ClusterLogSizes sizes) {
        TestMember member = new TestMember(TestCell.config(cell, nodeId, root, sizes, sessionTimeoutMs));
        members.put(nodeId, member);
        return member;
    }

    private void stop(int nodeId) {
        members.remove(nodeId).close();
    }

    private TestMember member(int nodeId) {
        return members.get(nodeId);
    }

    private int leaderId(int nodeId) {
        return member(nodeId).log.status().leaderId();
    }

    private void submit(int nodeId, int first, int count) {
        for (int i = first; i < first + count; i++) {
            member(nodeId).submit("line " + i + " of " + nodeId);
        }
    }

    private void submitLong(int nodeId, int count, int length) {
        String rest = "x".repeat(length);
        for (int i = 0; i < count; i++) {
            member(nodeId).submit("long line " + longLineCount++ + rest);
        }
    }

    private void awaitLines(int count) {
        TestCell.await(
                () -> count + " lines, there are "
                        + members.values().stream().map(TestMember::toString).toList(),
                () -> members.values().stream().allMatch(member -> member.lines.size() >= count),
                () -> members.values().forEach(TestMember::submitLostAgain));
    }

    private boolean hasFirstSegment(int nodeId) {
        return Files.exists(root.resolve("node-" + nodeId).resolve("archive").resolve("0-0.rec"));
    }

    /** Files of the log itself, the first recording that a member makes. */
    private long segmentCount(int nodeId) {
        String[] names = root.resolve("node-" + nodeId)
                .resolve("archive")
                .toFile()
                .list((directory, name) -> name.startsWith("0-"));
        return names == null ? 0 : names.length;
    }
}
