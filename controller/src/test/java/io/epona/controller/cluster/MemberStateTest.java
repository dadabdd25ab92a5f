package io.epona.controller.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.controller.cluster.MemberState.Phase;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MemberStateTest {
    private static final List<Integer> MEMBERS = List.of(3, 1, 2);

    @TempDir
    Path directory;

    @Test
    void shouldKeepItsProposalWhenItIsOpenedAgain() {
        MemberState first = MemberState.open(directory, 2, MEMBERS);
        assertEquals(Phase.EMPTY, first.phase());
        assertEquals(first, MemberState.open(directory, 2, MEMBERS));
    }

    @Test
    void shouldReadWhatWasStored() {
        MemberState member = MemberState.open(directory, 2, MEMBERS).with(Phase.MEMBER, new UUID(4, 2));
        member.store(directory);
        assertEquals(member, MemberState.open(directory, 2, List.of(1, 2, 3)));
    }

    @Test
    void shouldRefuseWhenTheDirectoryIsOfAnotherNodeOrCell() {
        MemberState.open(directory, 2, MEMBERS);
        assertMessage("of another node", () -> MemberState.open(directory, 1, MEMBERS));
        assertMessage("other members", () -> MemberState.open(directory, 2, List.of(1, 2, 4)));
    }

    @Test
    void shouldRefuseWhenTheFileIsDamaged() throws Exception {
        Files.writeString(directory.resolve(MemberState.FILE_NAME), "version=1\nnode.id=2\n");
        assertMessage("damaged", () -> MemberState.open(directory, 2, MEMBERS));
        Files.writeString(directory.resolve(MemberState.FILE_NAME), "version=2\n");
        assertMessage("version=2", () -> MemberState.open(directory, 2, MEMBERS));
    }

    @Test
    void shouldKeepOnlyTheNamedFilesWhenWiped() throws Exception {
        Files.writeString(directory.resolve("kept"), "x");
        Files.createDirectories(directory.resolve("gone").resolve("deep"));
        MemberState.wipe(directory, List.of("kept"));
        try (var left = Files.list(directory)) {
            assertEquals(List.of(directory.resolve("kept")), left.toList());
        }
    }

    @Test
    void shouldDecodeWhatWasEncodedAndNothingElse() {
        MemberStatus status =
                new MemberStatus(MemberStatus.Kind.ANSWER, 3, -5, new UUID(1, 2), Phase.SEEDING, true, true, 9, 10, 11);
        UnsafeBuffer buffer = new UnsafeBuffer(new byte[MemberStatus.ENCODED_LENGTH]);
        status.encode(buffer);
        assertEquals(status, MemberStatus.decode(buffer, 0, MemberStatus.ENCODED_LENGTH));
        assertNull(MemberStatus.decode(buffer, 0, MemberStatus.ENCODED_LENGTH - 1));
        for (int offset = 0; offset < 7; offset++) {
            byte right = buffer.getByte(offset);
            buffer.putByte(offset, (byte) 99);
            assertNull(MemberStatus.decode(buffer, 0, MemberStatus.ENCODED_LENGTH), "offset " + offset);
            buffer.putByte(offset, right);
        }
    }

    private static void assertMessage(String part, org.junit.jupiter.api.function.Executable call) {
        ClusterLogException e = assertThrows(ClusterLogException.class, call);
        assertTrue(e.getMessage().contains(part), e.getMessage());
    }
}
