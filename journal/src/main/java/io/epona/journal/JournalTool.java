package io.epona.journal;

import io.epona.codec.FrameCheck;
import io.epona.codec.FrameDescriptor;
import io.epona.codec.FrameHandler;
import io.epona.codec.checkpoint.CheckpointHeaderDecoder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.agrona.BufferUtil;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Looks at a lane's journal while the node is stopped: for {@code epona journal verify} and {@code epona journal dump}.
 * Changes nothing; holds a lock meanwhile, so that no node starts on the files. Stateless; may allocate.
 */
public final class JournalTool {
    private JournalTool() {}

    /**
     * Reads all that a lane's journal still has and judges it as a start of the node would.
     *
     * @param laneDirectory with the segment files, {@code <journal.dir>/lane-<id>}.
     * @return the report, also when the journal is damaged.
     * @throws JournalRefusedException when there is no journal, a node uses it, or a newer version wrote it.
     */
    public static JournalReport verify(final Path laneDirectory) {
        try (DirectSegmentStore store = DirectSegmentStore.openReadOnly(laneDirectory)) {
            return new Inspection(laneDirectory, store).verify();
        }
    }

    /**
     * Hands on the frames that a lane's journal still has, padding included, up to the first that is not intact.
     *
     * @param laneDirectory with the segment files.
     * @param fromPosition frames that start below are left out.
     * @param handler of the frames.
     * @return where the walk ended.
     * @throws JournalRefusedException when there is no journal, a node uses it, or a newer version wrote it.
     * @throws JournalCorruptException when the segment headers are damaged.
     */
    public static long dump(final Path laneDirectory, final long fromPosition, final FrameHandler handler) {
        try (DirectSegmentStore store = DirectSegmentStore.openReadOnly(laneDirectory)) {
            return new Inspection(laneDirectory, store).dump(fromPosition, handler);
        }
    }

    /** One look at one journal. */
    private static final class Inspection {
        private final Path directory;
        private final SegmentStore store;
        private final List<SegmentHeader> segments = new ArrayList<>();
        private final List<String> remarks = new ArrayList<>();
        private final JournalConfig config;
        private long recordsFrameCount;

        Inspection(final Path directory, final SegmentStore store) {
            this.directory = directory;
            this.store = store;
            this.config = readConfig();
        }

        private JournalConfig readConfig() {
            final UnsafeBuffer block = new UnsafeBuffer(BufferUtil.allocateDirectAligned(
                    JournalLimits.HEADER_BLOCK_LENGTH, JournalLimits.HEADER_BLOCK_LENGTH));
            for (int i = 0; i < store.segmentCount(); i++) {
                store.read(i, 0, block, 0, JournalLimits.HEADER_BLOCK_LENGTH);
                final SegmentHeader header = SegmentFormat.decode(block);
                if (null != header) {
                    segments.add(header);
                }
            }
            if (segments.isEmpty()) {
                throw new JournalRefusedException(
                        "no segment file has an intact header of this version: directory=" + directory,
                        "use the version that wrote it; if it is this one, restore the directory from a backup");
            }
            final SegmentHeader first = segments.get(0);
            return JournalConfig.of(
                    directory.toAbsolutePath().getParent(),
                    first.laneId(),
                    first.clusterIdHigh(),
                    first.clusterIdLow(),
                    first.nodeId(),
                    first.segmentLength(),
                    first.segmentCount());
        }

        long dump(final long fromPosition, final FrameHandler handler) {
            final SegmentHeaders headers = new SegmentHeaders(config, store);
            headers.read();
            final RecoveryScan scan = new RecoveryScan(config, store, headers, RecoveryRules.STRICT);
            scan.walk()
                    .walk(
                            headers.oldestPosition(),
                            (buffer, offset, frameLength, position) -> {
                                if (position >= fromPosition) {
                                    handler.onFrame(buffer, offset, frameLength, position);
                                }
                            },
                            true);
            return scan.tail();
        }

        JournalReport verify() {
            long checkpointPosition = -1;
            long neededPosition = 0;
            final CheckpointStore checkpoints = new CheckpointStore(
                    new DirectoryCheckpointFiles(directory),
                    new CheckpointHeaderValidator(config),
                    error -> remarks.add(error.getMessage()));
            final StoredCheckpoint checkpoint = checkpoints.loadNewest().orElse(null);
            if (null != checkpoint) {
                final CheckpointHeaderDecoder header = new CheckpointHeaderDecoder();
                header.wrap(
                        checkpoint.buffer(),
                        0,
                        CheckpointHeaderDecoder.BLOCK_LENGTH,
                        CheckpointHeaderDecoder.SCHEMA_VERSION);
                checkpointPosition = header.position();
                neededPosition = Math.min(header.position(), header.shelvedPosition());
            }
            return verify(checkpointPosition, neededPosition);
        }

        private JournalReport verify(final long checkpointPosition, final long neededPosition) {
            final SegmentHeaders headers = new SegmentHeaders(config, store);
            RecoveryScan scan = null;
            JournalReport.Verdict verdict;
            try {
                headers.read();
                scan = new RecoveryScan(config, store, headers, RecoveryRules.STRICT);
                final long from = headers.oldestPosition();
                scan.scan(
                        from,
                        Math.max(from, checkpointPosition),
                        this::countFrame,
                        true,
                        RecoveryScan.NamedEvidence.MAY_BE_TORN);
                verdict = isTorn(scan) ? JournalReport.Verdict.TORN_TAIL : JournalReport.Verdict.INTACT;
                if (neededPosition < from) {
                    remarks.add("there is no checkpoint that reaches into the journal: needed=" + neededPosition
                            + ", oldest=" + from);
                    verdict = JournalReport.Verdict.CORRUPT;
                }
            } catch (final JournalCorruptException ex) {
                remarks.add(ex.getMessage());
                if (ex.damage().mayBeTorn()) {
                    remarks.add("on a replica that was not in sync this may be a torn write and no damage");
                }
                verdict = null != scan && startsFrom(headers, neededPosition, checkpointPosition)
                        ? JournalReport.Verdict.DAMAGED_BELOW_CHECKPOINT
                        : JournalReport.Verdict.CORRUPT;
            }
            return new JournalReport(
                    directory,
                    config.laneId(),
                    config.segmentLength(),
                    List.copyOf(segments),
                    headers.oldestPosition(),
                    null == scan ? -1 : scan.tail(),
                    null == scan ? 0 : scan.walk().frameCount(),
                    recordsFrameCount,
                    checkpointPosition,
                    neededPosition,
                    null == scan ? FrameCheck.EMPTY : scan.walk().endCheck(),
                    null == scan ? 0 : scan.evidence().frameCount(),
                    verdict,
                    String.join("; ", remarks));
        }

        private boolean startsFrom(
                final SegmentHeaders headers, final long neededPosition, final long checkpointPosition) {
            try {
                new RecoveryScan(config, store, headers, RecoveryRules.STRICT)
                        .scan(
                                neededPosition,
                                Math.max(neededPosition, checkpointPosition),
                                RecoveryScan.NO_HANDLER,
                                false,
                                RecoveryScan.NamedEvidence.PROOF);
                return true;
            } catch (final JournalCorruptException ex) {
                return false;
            }
        }

        private void countFrame(
                final org.agrona.DirectBuffer buffer, final int offset, final int frameLength, final long position) {
            if (FrameDescriptor.type(buffer, offset) == FrameDescriptor.TYPE_RECORDS) {
                recordsFrameCount++;
            }
        }

        /**
         * Stale bytes of an earlier use look like anything; a frame of the right position that is not whole does not.
         */
        private static boolean isTorn(final RecoveryScan scan) {
            return scan.evidence().frameCount() > 0 || scan.walk().endCheck() == FrameCheck.BAD_CRC;
        }
    }
}
