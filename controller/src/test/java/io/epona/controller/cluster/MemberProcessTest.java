package io.epona.controller.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.agrona.IoUtil;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What only real processes show: SIGKILL and SIGSTOP. */
class MemberProcessTest {
    @TempDir
    Path root;

    private List<CellMember> cell;
    private final Map<Integer, MemberProcess> members = new TreeMap<>();

    @BeforeEach
    void startAll() throws Exception {
        cell = TestCell.members(3);
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
            member.close();
        }
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
        submitAndAwait(members.get(1), "before");
        int leaderId = members.get(1).leaderId();
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
    void shouldConnectAgainByItselfWhenTheLeaderWasStoppedForSeconds() throws Exception {
        submitAndAwait(members.get(1), "before");
        int leaderId = members.get(1).leaderId();
        MemberProcess stopped = members.get(leaderId);
        long lost = stopped.sessions.get(0);
        stopped.signal("STOP");
        List<MemberProcess> others =
                members.values().stream().filter(member -> member != stopped).toList();
        TestCell.await(
                "fenced by the others",
                () -> others.stream()
                        .allMatch(member -> member.closedSessions.contains(lost) && member.leaderId() != leaderId));
        others.get(0).submit("while one is stopped");
        TestCell.await(
                "applied", () -> others.stream().allMatch(member -> member.lines.contains("while one is stopped")));
        stopped.signal("CONT");
        TestCell.await("connected again", () -> stopped.sessions.size() > 1);
        submitAndAwait(stopped, "after");
        assertSameEverywhere();
    }

    @Test
    void shouldHaveEverythingAgainWhenAllAreKilledAtOnce() throws Exception {
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

    private void submitAndAwait(MemberProcess by, String line) {
        by.submit(line);
        TestCell.await(line, () -> members.values().stream().allMatch(member -> member.lines.contains(line)));
    }

    private void assertSameEverywhere() {
        List<String> first = members.values().iterator().next().lines;
        members.values().forEach(member -> assertEquals(first, member.lines, "node " + member.nodeId));
    }

    private void start(int nodeId) {
        members.put(nodeId, MemberProcess.start(cell, nodeId, root));
    }
}
