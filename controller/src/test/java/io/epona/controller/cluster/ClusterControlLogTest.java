package io.epona.controller.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.agrona.CloseHelper;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClusterControlLogTest {
    @TempDir
    Path root;

    private List<CellMember> cell;
    private final List<TestMember> members = new ArrayList<>();

    @BeforeEach
    void chooseMembers() throws Exception {
        cell = TestCell.members(3);
    }

    @AfterEach
    void closeMembers() {
        CloseHelper.quietCloseAll(members);
    }

    @Test
    void shouldApplyCommandsInOneOrderOnAllMembersWhenAllSubmit() {
        for (int nodeId = 1; nodeId <= 3; nodeId++) {
            start(nodeId);
        }
        TestCell.await("all connected", () -> members.stream().allMatch(TestMember::isConnected));
        for (int i = 0; i < 100; i++) {
            for (TestMember member : members) {
                member.submit("command " + i + " of " + member.nodeId());
            }
        }
        TestCell.await("all applied", () -> members.stream().allMatch(member -> member.lines.size() == 300));
        assertEquals(members.get(0).lines, members.get(1).lines);
        assertEquals(members.get(0).lines, members.get(2).lines);
        members.forEach(member -> assertEquals(List.of(), member.failures));
    }

    private TestMember start(int nodeId) {
        TestMember member = new TestMember(TestCell.config(cell, nodeId, root, ClusterLogSizes.STANDARD));
        members.add(member);
        return member;
    }
}
