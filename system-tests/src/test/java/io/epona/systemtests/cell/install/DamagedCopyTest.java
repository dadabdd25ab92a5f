package io.epona.systemtests.cell.install;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.runtime.CounterType;
import io.epona.systemtests.cell.live.CellErrors;
import io.epona.systemtests.cell.live.LiveCell;
import io.epona.systemtests.harness.Await;
import io.epona.systemtests.harness.EponaProcess;
import io.epona.systemtests.harness.TestBench;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A cell of three processes, in which the middle of a lane's journal is damaged on one node, or on all. */
@Timeout(600)
class DamagedCopyTest {
    private static final int LANE = 0;
    private static final int HEADER_LENGTH = 4096;
    private static final int SEGMENT_LENGTH = 512 * 1024;

    /** Distance within a segment at which a frame proves that the damaged one before it was durable. */
    private static final int PROOF_LENGTH = 2 * 64 * 1024;

    /** More than a log ring of each lane, less than its journal. */
    private static final int SOME = 360;

    private static final int END_TIMEOUT_S = 100;

    @RegisterExtension
    private final TestBench bench = new TestBench();

    @BeforeEach
    void expectErrors() {
        CellErrors.expectWithInstallationsIn(bench);
        bench.expectError("this node's copy of lane 0 is damaged");
        bench.expectError("a frame on the device is damaged");
        bench.expectError("a follower cannot be sent what it misses");
        bench.expectError("lane 0 is damaged here; its installation goes on");
        bench.expectError("set aside: ");
    }

    /** No checkpoint spares a start the journal. */
    private LiveCell cell() throws IOException {
        return LiveCell.of(bench)
                .set("journal.max-write.length", "64KiB")
                .set("checkpoint.interval.length", "2MiB")
                .set("checkpoint.idle", "1h")
                .set("log.drain.age", "100ms")
                .set("replication.mtu", "65504");
    }

    @Test
    void shouldReplicateAnewWhatIsDamagedWhenAnotherNodeLeads() throws Exception {
        try (LiveCell cell = cell();
                SmallLoad load = new SmallLoad(cell)) {
            cell.startAll();
            load.createTopics();
            load.produce(SOME);

            // Found when the node starts.
            final long end = end(cell, 2);
            cell.kill(2);
            damage(cell, 2, placeBelow(end));
            cell.restart(2);
            assertReplaced(cell, 2, 1);

            // Found when another node needs it.
            final int leader = cell.leaderOf(LANE);
            final int behind = leader % 3 + 1;
            final long last = end(cell, behind);
            cell.kill(behind);
            load.produce(SOME);
            damage(cell, leader, placeAbove(last));
            cell.restart(behind);
            assertReplaced(cell, leader, leader == 2 ? 2 : 1);

            load.produce(SOME);
            cell.awaitInSync();
            // Whoever leads the lane then reads from a copy that was made anew.
            cell.kill(LiveCell.NODE_IDS.stream()
                    .filter(id -> id != 2 && id != leader)
                    .findFirst()
                    .orElseThrow());
            load.assertAllRead();
        }
    }

    @Test
    void shouldCutOffATornEndWhenOthersAreKnownToHaveIt() throws Exception {
        final String postponed = "the end of lane 0 is torn; it stays as it is";
        final String cut = "the end of lane 0 is torn; it is cut off";
        bench.expectError(postponed);
        bench.expectError(cut);
        bench.expectError("the node starts anew, to cut off what is torn");
        // Nothing but a leader's word is to say how far this node's copy was durable.
        try (LiveCell cell = cell().set("log.drain.age", "1h");
                SmallLoad load = new SmallLoad(cell)) {
            cell.startAll();
            load.createTopics();
            final int torn = cell.leaderOf(LANE) % 3 + 1;
            final byte[] header = new byte[HEADER_LENGTH];
            try (RandomAccessFile file =
                    new RandomAccessFile(segment(cell, torn, 0).toFile(), "r")) {
                file.readFully(header);
            }
            load.produce(18);
            final long end = end(cell, torn);
            load.produce(6); // their frames say that what was before them is committed
            cell.killAll(); // at once, so that all are in sync when they start again
            damage(cell, torn, end - SmallLoad.VALUE_LENGTH / 2);
            overwrite(cell, torn, -HEADER_LENGTH, header); // as it was before it said what is durable
            for (final int nodeId : LiveCell.NODE_IDS) {
                cell.launch(nodeId);
            }
            for (final int nodeId : LiveCell.NODE_IDS) {
                cell.node(nodeId).awaitReady();
            }
            cell.awaitInSync();
            final String err = cell.node(torn).err();
            assertTrue(err.indexOf(postponed) >= 0 && err.indexOf(postponed) < err.indexOf(cut), err);
            assertEquals(List.of(), asides(cell, torn), "what is before the torn end is kept");

            load.produce(6);
            cell.awaitInSync();
            cell.kill(torn % 3 + 1);
            load.assertAllRead();
        }
    }

    @Test
    void shouldRefuseWhenTheLastCopyIsDamaged() throws Exception {
        bench.expectError("this node has the only in-sync copy of lane 0");
        try (LiveCell cell = cell();
                SmallLoad load = new SmallLoad(cell)) {
            cell.startAll();
            load.createTopics();
            load.produce(SOME);
            final long place = placeBelow(end(cell, 1));
            cell.killAll();
            final byte[][] before = new byte[4][];
            for (final int nodeId : LiveCell.NODE_IDS) {
                before[nodeId] = damage(cell, nodeId, place);
            }
            cell.launch(1);
            cell.launch(2).awaitReady();
            cell.node(1).awaitReady();
            final EponaProcess last = cell.launch(3);
            assertNotEquals(0, last.awaitExit(END_TIMEOUT_S, TimeUnit.SECONDS), last::err);
            for (final String word : List.of("only in-sync copy of lane 0", "position=", "segment-", "restore")) {
                assertTrue(last.err().contains(word), () -> word + " in: " + last.err());
            }
            cell.forget(3);
            assertEquals(List.of(), asides(cell, 1), "nothing is set aside before another node leads");

            overwrite(cell, 3, place, before[3]);
            cell.restart(3);
            load.produce(1);
            load.assertAllRead();
        }
    }

    private static long end(final LiveCell cell, final int nodeId) {
        return cell.node(nodeId).laneCounter(CounterType.LANE_DURABLE, LANE);
    }

    /** Within a log, with enough behind it in the same segment. */
    private static long placeBelow(final long end) {
        final long start = (end - PROOF_LENGTH) / SEGMENT_LENGTH * SEGMENT_LENGTH;
        return start + Math.min(end - start, SEGMENT_LENGTH) - PROOF_LENGTH;
    }

    private static long placeAbove(final long position) {
        return position + PROOF_LENGTH;
    }

    private static Path segment(final LiveCell cell, final int nodeId, final long position) {
        return cell.dataDirectory(nodeId)
                .resolve("journal/lane-0/segment-%03d.epj".formatted(position / SEGMENT_LENGTH));
    }

    /** Returns what was there. */
    private static byte[] damage(final LiveCell cell, final int nodeId, final long position) throws IOException {
        final byte[] damage = new byte[64];
        new Random(position).nextBytes(damage);
        return overwrite(cell, nodeId, position, damage);
    }

    private static byte[] overwrite(final LiveCell cell, final int nodeId, final long position, final byte[] bytes)
            throws IOException {
        final byte[] before = new byte[bytes.length];
        final Path segment = segment(cell, nodeId, Math.max(0, position));
        try (RandomAccessFile file = new RandomAccessFile(segment.toFile(), "rw")) {
            file.seek(HEADER_LENGTH + position % SEGMENT_LENGTH);
            file.readFully(before);
            file.seek(HEADER_LENGTH + position % SEGMENT_LENGTH);
            file.write(bytes);
            file.getFD().sync();
        }
        return before;
    }

    private static List<Path> asides(final LiveCell cell, final int nodeId) throws IOException {
        try (Stream<Path> entries = Files.list(cell.dataDirectory(nodeId))) {
            return entries.filter(entry -> entry.getFileName().toString().startsWith("journal.aside-"))
                    .map(entry -> entry.resolve("lane-0"))
                    .filter(Files::isDirectory)
                    .toList();
        }
    }

    private static void assertReplaced(final LiveCell cell, final int nodeId, final int times) throws Exception {
        Await.until(
                () -> "copies set aside: " + nodeId,
                Duration.ofSeconds(60),
                () -> asides(cell, nodeId).size() == times);
        cell.awaitInSync();
        // It says so when it is ready again, which may be after its lanes are.
        Await.until("the end of the new start", () -> cell.node(nodeId).out().contains("epona: started anew"));
    }
}
