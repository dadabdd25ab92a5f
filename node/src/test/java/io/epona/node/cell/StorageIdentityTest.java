package io.epona.node.cell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StorageIdentityTest {
    @TempDir
    Path data;

    private Path journals;
    private Path logs;

    @BeforeEach
    void makeDirectories() throws IOException {
        journals = Files.createDirectory(data.resolve("journal"));
        logs = Files.createDirectory(data.resolve("logs"));
    }

    private StorageIdentity open() {
        return StorageIdentity.open(data, List.of(journals, logs));
    }

    private StorageIdentity openAndAdopt() {
        final StorageIdentity identity = open();
        identity.adopt(List.of(journals, logs));
        return identity;
    }

    @Test
    void shouldKeepIdentityWhenStartedAgain() {
        final Uuid first = openAndAdopt().storageId();
        final StorageIdentity again = open();
        assertEquals(first, again.storageId());
        assertTrue(again.isWhole());
        assertEquals(Uuid.ZERO_UUID, again.cleanStopOf());
    }

    @Test
    void shouldBeAnotherWhenDataDirectoryWasLost() throws IOException {
        final Uuid first = openAndAdopt().storageId();
        Files.delete(data.resolve(StorageIdentity.FILE_NAME));
        final StorageIdentity again = open();
        assertNotEquals(first, again.storageId());
        assertFalse(again.isWhole(), "what lies in the other directories belongs to the one that was lost");
    }

    @Test
    void shouldNotBeWholeUntilAdoptedWhenOneDirectoryWasLost() throws IOException {
        openAndAdopt();
        Files.delete(journals.resolve(StorageIdentity.FILE_NAME));
        assertFalse(open().isWhole());
        assertFalse(openAndAdopt().isWhole(), "a start before did not come as far as to register");
        assertTrue(open().isWhole());
    }

    @Test
    void shouldShowCleanStopOnceWhenNextStartDoesNotStopCleanly() {
        openAndAdopt().markCleanStop(Uuid.ONE_UUID);
        assertEquals(Uuid.ONE_UUID, open().cleanStopOf());
        assertEquals(Uuid.ZERO_UUID, open().cleanStopOf());
    }

    @Test
    void shouldRememberLostLaneUntilControllerKnowsIt() {
        openAndAdopt().markLost(2);
        assertFalse(open().isLost(1));
        assertTrue(open().isLost(2), "a start after a crash knows it too");
        open().forgetLost(2);
        open().forgetLost(2);
        assertFalse(open().isLost(2));
    }

    @Test
    void shouldRememberDamagedLaneUntilItIsOutOfTheWay() {
        openAndAdopt().markDamaged(2);
        assertFalse(open().isDamaged(1));
        assertTrue(open().isDamaged(2));
        open().forgetDamaged(2);
        open().forgetDamaged(2);
        assertFalse(open().isDamaged(2));
    }

    @Test
    void shouldRefuseIdentityWhenItIsNone() throws IOException {
        Files.writeString(data.resolve(StorageIdentity.FILE_NAME), "nonsense");
        assertThrows(UncheckedIOException.class, this::open);
    }
}
