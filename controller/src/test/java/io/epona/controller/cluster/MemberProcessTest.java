package io.epona.controller.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.aeron.logbuffer.FrameDescriptor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.agrona.BitUtil;
import org.agrona.CloseHelper;
import org.agrona.IoUtil;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What only real processes show: SIGKILL and SIGSTOP. */
class MemberProcessTest {
    private static final int PAGE_LENGTH = 4_096;
    private static final long ORDINARY_MS = TestCell.SESSION_TIMEOUT_MS;
    private static final long NEVER_MS = TestCell.NO_SESSION_TIMEOUT_MS;
    /** A second or less where nothing else runs; far less than the ten that an unknown old stream would cost. */
    private static final long BACK_SOON_NS = 6_000_000_000L;

    @TempDir
    Path root;

    private List<CellMember> cell;
    private long sessionTimeoutMs;
    private final Map<Integer, MemberProcess> members = new TreeMap<>();

    @BeforeEach
    void chooseMembers() throws Exception {
        cell = TestCell.members(3);
    }

    private void startAll(long timeoutMs) {
        sessionTimeoutMs = timeoutMs;
        for (int nodeId = 1; nodeId <= 3; nodeId++) {
            start(nodeId);
        }
        TestCell.await(
                "all connected: " + root,
                () -> members.values().stream()
                        .allMatch(member -> !member.sessions.isEmpty() && member.leaderId() > 0));
    }

    @AfterEach
    void closeAll() throws Exception {
        for (MemberProcess member : members.values()) {
            member.signal("CONT");
        }
        try {
            CloseHelper.closeAll(members.values());
        } finally {
            assertNothingLeft();
        }
    }

    private void assertNothingLeft() throws IOException {
        String prefix = "epona-test-" + cell.get(0).basePort() + "-"
                + ProcessHandle.current().pid();
        try (var entries = Files.list(Path.of("/dev/shm"))) {
            List<Path> left = entries.filter(
                            entry -> entry.getFileName().toString().startsWith(prefix))
                    .toList();
            left.forEach(entry -> IoUtil.delete(entry.toFile(), true));
            assertTrue(left.isEmpty(), () -> "left behind: " + left);
        }
    }

    @Test
    void shouldLoseNothingAndFenceTheNodeWhenTheLeaderIsKilledAndStartsAgain() throws Exception {
        startAll(NEVER_MS); // so that it is the new leader that finds out
        submitAndAwait(members.get(1), "before");
        int leaderId = awaitLeader();
        MemberProcess killed = members.remove(leaderId);
        long killedSession = killed.sessions.get(0);
        killed.kill();
        TestCell.await(
                "new leader",
                () -> members.values().stream()
                        .allMatch(member -> member.leaderId() > 0 && member.leaderId() != leaderId));
        TestCell.await(
                "fenced everywhere",
                () -> members.values().stream().allMatch(member -> member.closedSessions.contains(killedSession)));
        members.values().forEach(member -> assertEquals(1, member.sessions.size(), "its session survived"));
        submitAndAwait(members.values().iterator().next(), "while one is gone");
        start(leaderId);
        TestCell.await("connected again", () -> !members.get(leaderId).sessions.isEmpty());
        submitAndAwait(members.get(leaderId), "from the one that was killed");
        assertSameEverywhere();
    }

    @Test
    void shouldBeBackSoonWhenAFollowerIsKilledAndStartsAtOnce() throws Exception {
        startAll(ORDINARY_MS);
        long shortestNs = Long.MAX_VALUE;
        // On a busy machine one that is back late tells nothing, so that it is tried again.
        for (int round = 0; round < 3 || round < 8 && shortestNs >= BACK_SOON_NS; round++) {
            int leaderId = awaitLeader();
            int nodeId = leaderId % 3 + 1;
            members.remove(nodeId).kill();
            start(nodeId);
            MemberProcess again = members.get(nodeId);
            TestCell.await("connected again", () -> !again.sessions.isEmpty());
            shortestNs = Math.min(shortestNs, System.nanoTime() - again.startedNs());
            submitAndAwait(again, "from the one that was killed " + round);
        }
        assertTrue(shortestNs < BACK_SOON_NS, "took ns: " + shortestNs);
        assertSameEverywhere();
    }

    @Test
    void shouldConnectAgainByItselfWhenTheLeaderWasStoppedForSeconds() throws Exception {
        startAll(ORDINARY_MS);
        submitAndAwait(members.get(1), "before");
        int leaderId = awaitLeader();
        MemberProcess stopped = members.get(leaderId);
        long lost = stopped.sessions.get(0);
        stopped.signal("STOP");
        List<MemberProcess> others =
                members.values().stream().filter(member -> member != stopped).toList();
        TestCell.await(
                "fenced by the others",
                () -> others.stream()
                        .allMatch(member -> member.closedSessions.contains(lost) && member.leaderId() != leaderId));
        String line = "while one is stopped";
        others.get(0).submit(line);
        TestCell.await(
                () -> "applied",
                () -> others.stream().allMatch(member -> member.lines.contains(line)),
                () -> others.get(0).submit(line));
        stopped.signal("CONT");
        TestCell.await("connected again", () -> stopped.sessions.size() > 1);
        submitAndAwait(stopped, "after");
        assertSameEverywhere();
    }

    @Test
    void shouldHaveEverythingAgainWhenAllAreKilledAtOnce() throws Exception {
        startAll(ORDINARY_MS);
        for (int i = 0; i < 50; i++) {
            submitAndAwait(members.get(i % 3 + 1), "line " + i);
        }
        for (MemberProcess member : List.copyOf(members.values())) {
            members.remove(member.nodeId).kill();
        }
        start(2);
        start(3);
        TestCell.await(
                "all lines again",
                () -> members.values().stream()
                        .allMatch(member -> member.lines.size() == 50 && !member.sessions.isEmpty()));
        start(1);
        submitAndAwait(members.get(3), "after");
        assertSameEverywhere();
    }

    @Test
    void shouldCutATornFrameAndFetchItAgainWhenPowerWasLost() throws Exception {
        startAll(ORDINARY_MS);
        for (int i = 0; i < 5; i++) {
            submitAndAwait(members.get(1), i + "x".repeat(5_000));
        }
        for (MemberProcess member : List.copyOf(members.values())) {
            members.remove(member.nodeId).kill();
        }
        tearLastFrameAcrossPages(root.resolve("node-2").resolve("archive").resolve("0-0.rec"));
        List.of(1, 2, 3).forEach(this::start);
        TestCell.await(
                "all lines again",
                () -> members.values().stream()
                        .allMatch(member -> member.lines.size() == 5 && !member.sessions.isEmpty()));
        submitAndAwait(members.get(2), "after");
        assertSameEverywhere();
    }

    /**
     * As when the device had written the first page of a frame and not the next: that one and all after it are zero.
     */
    private static void tearLastFrameAcrossPages(Path segment) throws IOException {
        try (FileChannel channel = FileChannel.open(segment, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer all = ByteBuffer.allocate((int) channel.size()).order(ByteOrder.LITTLE_ENDIAN);
            channel.read(all, 0);
            int tornAt = -1;
            for (int offset = 0; offset < all.limit() && all.getInt(offset) > 0; ) {
                int end = offset + BitUtil.align(all.getInt(offset), FrameDescriptor.FRAME_ALIGNMENT);
                if (offset / PAGE_LENGTH != (end - 1) / PAGE_LENGTH) {
                    tornAt = (offset / PAGE_LENGTH + 1) * PAGE_LENGTH;
                }
                offset = end;
            }
            assertTrue(tornAt > 0, "a frame lies across two pages");
            channel.write(ByteBuffer.allocate(all.limit() - tornAt), tornAt);
        }
    }

    /** While members elect, nobody leads. */
    private int awaitLeader() {
        TestCell.await("leader", () -> members.get(1).leaderId() > 0);
        return members.get(1).leaderId();
    }

    private void submitAndAwait(MemberProcess by, String line) {
        by.submit(line);
        TestCell.await(
                () -> line,
                () -> members.values().stream().allMatch(member -> member.lines.contains(line)),
                () -> by.submit(line));
    }

    private void assertSameEverywhere() {
        List<String> first = members.values().iterator().next().lines;
        members.values().forEach(member -> assertEquals(first, member.lines, "node " + member.nodeId));
    }

    private void start(int nodeId) {
        members.put(nodeId, MemberProcess.start(cell, nodeId, root, sessionTimeoutMs));
    }
}
