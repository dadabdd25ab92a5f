package io.epona.node.install;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a start finds of an installation, after a crash at any place. */
class InstallRecordsTest {
    private static final int LANE = 2;
    private static final byte[] CHECKPOINT = {1, 2, 3};

    @TempDir
    Path directory;

    private InstallRecords reopened() {
        return new InstallRecords(directory);
    }

    @Test
    void shouldKnowNothingOfALaneThatIsNotInstalled() {
        assertFalse(reopened().isBegun(LANE));
        assertTrue(reopened().completed(LANE).isEmpty());
        reopened().end(LANE);
        reopened().discard(LANE);
    }

    @Test
    void shouldCallACopyHalfMadeUntilItIsComplete() {
        reopened().begin(LANE);
        assertTrue(reopened().isBegun(LANE));
        assertFalse(reopened().isBegun(LANE + 1));
        assertTrue(reopened().completed(LANE).isEmpty());
        reopened().complete(LANE, ByteBuffer.wrap(CHECKPOINT));
        assertArrayEquals(CHECKPOINT, reopened().completed(LANE).orElseThrow().byteArray());
        assertTrue(reopened().isBegun(LANE));
        reopened().end(LANE);
        assertFalse(reopened().isBegun(LANE));
        assertTrue(reopened().completed(LANE).isEmpty());
    }

    @Test
    void shouldNotTakeTheCheckpointOfAnEarlierInstallationForThisOne() throws Exception {
        reopened().begin(LANE);
        reopened().complete(LANE, ByteBuffer.wrap(CHECKPOINT));
        // A crash between the two steps of the end leaves the checkpoint alone.
        Files.delete(directory.resolve("install-lane-" + LANE));
        assertFalse(reopened().isBegun(LANE));
        assertTrue(reopened().completed(LANE).isEmpty());
        reopened().begin(LANE);
        assertTrue(reopened().completed(LANE).isEmpty());
    }

    @Test
    void shouldBeHalfMadeAgainWhenTheLogsAreSetAside() {
        reopened().begin(LANE);
        reopened().complete(LANE, ByteBuffer.wrap(CHECKPOINT));
        reopened().discard(LANE);
        assertTrue(reopened().isBegun(LANE));
        assertTrue(reopened().completed(LANE).isEmpty());
    }

    @Test
    void shouldRestLongerAfterEachStartInVain() {
        final InstallRecords records = new InstallRecords(directory);
        assertEquals(0, records.tries(1));
        records.countTry(1);
        records.countTry(1);
        assertEquals(2, new InstallRecords(directory).tries(1));
        assertEquals(0, records.tries(0));
        records.forgetTries(1);
        records.forgetTries(1);
        assertEquals(0, records.tries(1));

        assertEquals(0, InstallLimits.restMs(0));
        assertEquals(InstallLimits.FIRST_REST_MS, InstallLimits.restMs(1));
        assertEquals(2 * InstallLimits.FIRST_REST_MS, InstallLimits.restMs(2));
        assertEquals(InstallLimits.MAX_REST_MS, InstallLimits.restMs(1_000));
    }
}
