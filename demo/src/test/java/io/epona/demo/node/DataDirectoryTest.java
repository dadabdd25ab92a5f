package io.epona.demo.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataDirectoryTest {
    @TempDir
    private Path parent;

    private final List<Path> swept = new ArrayList<>();

    private List<Path> entries() throws IOException {
        try (Stream<Path> entries = Files.list(parent)) {
            return entries.sorted().toList();
        }
    }

    @Test
    void shouldLeaveNothingWhenClosed() throws Exception {
        try (DataDirectory directory = DataDirectory.create(List.of(parent), swept::add)) {
            Files.createDirectories(directory.data().resolve("journal/lane-0"));
            Files.writeString(directory.data().resolve("journal/lane-0/segment"), "x");
            assertEquals(List.of(directory.path()), entries());
            assertEquals(List.of(), swept);
        }
        assertEquals(1, swept.size());
        assertEquals(List.of(), entries());
    }

    @Test
    void shouldRemoveWhatKilledDemoLeftWhenItsLockIsFree() throws Exception {
        final Path left = Files.createDirectory(parent.resolve("epona-demo-1"));
        Files.createFile(left.resolve("demo.lock"));
        Files.createDirectory(left.resolve("data"));
        final Path strange = Files.createDirectory(parent.resolve("epona-demo-without-lock"));
        try (DataDirectory one = DataDirectory.create(List.of(parent), swept::add);
                DataDirectory other = DataDirectory.create(List.of(parent), swept::add)) {
            assertFalse(Files.exists(left));
            assertEquals(List.of(left), swept);
            assertTrue(Files.exists(strange), "whatever it is, no demo made it");
            assertTrue(Files.exists(one.path()) && Files.exists(other.path()), "one that runs is left alone");
        }
        assertEquals(List.of(strange), entries());
    }

    @Test
    void shouldTakeNextCandidateWhenFirstWillNotDo() throws Exception {
        final Path missing = parent.resolve("missing");
        try (DataDirectory directory = DataDirectory.create(List.of(missing, parent), swept::add)) {
            assertEquals(parent, directory.path().getParent());
        }
        final IOException thrown = assertThrows(
                IOException.class, () -> DataDirectory.create(List.of(missing, Path.of("/dev/shm")), swept::add));
        assertTrue(thrown.getMessage().contains("name one with --dir"), thrown.getMessage());
    }
}
