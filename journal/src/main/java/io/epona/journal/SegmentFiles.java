package io.epona.journal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Stream;
import org.agrona.BufferUtil;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Looks at the segment files of a lane before they are used, and makes those that are not there yet.
 *
 * <p>Files are made in an order that can be told after a crash: all of them are filled with zeros and synced, then the
 * directory, and only then each gets its header; the log starts only when all have one. So as long as no header says
 * that its file is used, and no checkpoint exists, nothing was ever acknowledged from here, and files of zeros may be
 * made again. In all other cases a file that is not whole is damage.
 *
 * <p>Used by one thread while a journal is opened.
 */
final class SegmentFiles {
    private static final String SUFFIX = ".epj";
    private static final String PREFIX = "segment-";

    /** What a segment file is. */
    enum State {
        /** There is none. Made when nothing is used, else damage. */
        MISSING,
        /** Short, and without a header: the process ended while it was filled. Made again when it holds only zeros. */
        UNFINISHED,
        /** Whole, without a header: filled, and the process ended before it got its header. */
        FILLED,
        /** Whole, with a header that says that it was never used. */
        NEVER_USED,
        /** Whole, and it holds a part of the log. */
        USED,
        /** Has a header and another length than it says: somebody cut or extended it. Refused. */
        TRUNCATED,
        /** The header's checksum is wrong. Refused. */
        DAMAGED
    }

    private final JournalConfig config;
    private final Path directory;
    private final SegmentHeaderCodec codec = new SegmentHeaderCodec();
    private final UnsafeBuffer zeros;

    SegmentFiles(final JournalConfig config) {
        this.config = config;
        this.directory = config.laneDirectory();
        final int fillLength = (int) Math.min(JournalLimits.ZERO_FILL_LENGTH, config.segmentLength());
        this.zeros = new UnsafeBuffer(BufferUtil.allocateDirectAligned(fillLength, JournalLimits.HEADER_BLOCK_LENGTH));
    }

    static Path path(final Path laneDirectory, final int fileIndex) {
        return laneDirectory.resolve(String.format(Locale.ROOT, "%s%03d%s", PREFIX, fileIndex, SUFFIX));
    }

    static boolean isSegmentFile(final Path path) {
        final String name = path.getFileName().toString();
        return name.startsWith(PREFIX) && name.endsWith(SUFFIX);
    }

    /** Leaves the files as whole ones, or throws. */
    void prepare() {
        final State[] states = new State[config.segmentCount()];
        boolean isUsed = CheckpointStore.existsIn(directory);
        boolean isComplete = true;
        for (int i = 0; i < states.length; i++) {
            states[i] = stateOf(i);
            isUsed |= states[i] == State.USED;
            isComplete &= states[i] == State.USED || states[i] == State.NEVER_USED;
        }
        refuseOthers();
        for (int i = 0; i < states.length; i++) {
            refuseBroken(states[i], i, isUsed);
        }
        if (!isComplete) {
            checkOnlyZeros(states);
            checkSpace(states);
            create(states);
        }
    }

    private State stateOf(final int fileIndex) {
        final Path path = path(directory, fileIndex);
        if (!Files.exists(path)) {
            return State.MISSING;
        }
        final long length = length(path);
        final boolean isWhole = length == config.fileLength();
        if (length < JournalLimits.HEADER_BLOCK_LENGTH) {
            return State.UNFINISHED;
        }
        final UnsafeBuffer block = headerBlock();
        try (NativeFile file = NativeFile.open(path, NativeFile.O_RDONLY)) {
            readFully(file, path, block, JournalLimits.HEADER_BLOCK_LENGTH, 0);
        }
        return switch (codec.check(block)) {
            case ZERO -> isWhole ? State.FILLED : State.UNFINISHED;
            case DAMAGED -> State.DAMAGED;
            case NEWER -> throw newer(path, codec.formatVersion(block));
            case FOREIGN -> throw foreign(path, "it is no segment file of Epona");
            case VALID -> {
                final SegmentHeader header = codec.decode(block);
                checkOurs(path, header, fileIndex);
                yield !isWhole ? State.TRUNCATED : header.isUsed() ? State.USED : State.NEVER_USED;
            }
        };
    }

    private void checkOurs(final Path path, final SegmentHeader header, final int fileIndex) {
        if (header.clusterIdHigh() != config.clusterIdHigh() || header.clusterIdLow() != config.clusterIdLow()) {
            throw foreign(path, "it belongs to another cluster");
        }
        if (header.nodeId() != config.nodeId()) {
            throw foreign(path, "it belongs to node " + header.nodeId() + ", this is node " + config.nodeId());
        }
        if (header.laneId() != config.laneId()) {
            throw foreign(path, "it belongs to lane " + header.laneId() + ", this is lane " + config.laneId());
        }
        if (header.segmentIndex() != fileIndex) {
            throw foreign(path, "it was made as segment file " + header.segmentIndex());
        }
        if (header.segmentLength() != config.segmentLength() || header.segmentCount() != config.segmentCount()) {
            throw new JournalRefusedException(
                    "the journal has other segments than configured: file=" + path + ", segmentLength="
                            + header.segmentLength() + " (configured " + config.segmentLength() + "), segmentCount="
                            + header.segmentCount() + " (configured " + config.segmentCount() + ")",
                    "configure the values that the journal has; they cannot change once it is made");
        }
    }

    private void refuseOthers() {
        try (Stream<Path> paths = Files.list(directory)) {
            paths.filter(SegmentFiles::isSegmentFile).sorted().forEach(path -> {
                final String name = path.getFileName().toString();
                final String digits = name.substring(PREFIX.length(), name.length() - SUFFIX.length());
                final boolean isOurs = digits.matches("[0-9]{3}") && Integer.parseInt(digits) < config.segmentCount();
                if (!isOurs) {
                    throw new JournalRefusedException(
                            "there is a segment file beyond the configured count: file=" + path + ", segmentCount="
                                    + config.segmentCount(),
                            "configure the segment count that the journal was made with");
                }
            });
        } catch (final IOException ex) {
            throw new UncheckedIOException(ex);
        }
    }

    private void refuseBroken(final State state, final int fileIndex, final boolean isUsed) {
        final Path path = path(directory, fileIndex);
        switch (state) {
            case DAMAGED -> throw damaged(path, "the header of a segment file is damaged");
            case TRUNCATED ->
                throw damaged(
                        path,
                        "a segment file has another length than it was made with: length=" + length(path)
                                + ", expected=" + config.fileLength());
            case MISSING, UNFINISHED, FILLED -> {
                if (isUsed) {
                    throw damaged(
                            path,
                            "a segment file of a journal that was used is "
                                    + (state == State.MISSING ? "missing" : "without its header"));
                }
            }
            case NEVER_USED, USED -> {}
            default -> throw new IllegalStateException("state=" + state);
        }
    }

    /** What the headers do not say, the bytes do: a file that holds anything is never taken for one being made. */
    private void checkOnlyZeros(final State[] states) {
        final UnsafeBuffer buffer = new UnsafeBuffer(
                BufferUtil.allocateDirectAligned(JournalLimits.SCAN_WINDOW_LENGTH, JournalLimits.HEADER_BLOCK_LENGTH));
        for (int i = 0; i < states.length; i++) {
            if (states[i] == State.UNFINISHED || states[i] == State.FILLED) {
                checkOnlyZeros(path(directory, i), buffer);
            }
        }
    }

    private void checkOnlyZeros(final Path path, final UnsafeBuffer buffer) {
        try (NativeFile file = NativeFile.open(path, NativeFile.O_RDONLY)) {
            long position = 0;
            while (true) {
                buffer.setMemory(0, buffer.capacity(), (byte) 0);
                final long count = file.read(buffer.addressOffset(), buffer.capacity(), position);
                if (count < 0) {
                    throw new JournalFailedException(
                            "read failed: file=" + path + ", offset=" + position, (int) -count);
                }
                if (count == 0) {
                    return;
                }
                if (!SegmentHeaderCodec.isZero(buffer, buffer.capacity())) {
                    throw damaged(path, "a segment file has no header but holds data: near offset=" + position);
                }
                position += count;
            }
        }
    }

    private void checkSpace(final State[] states) {
        long needed = 0;
        for (int i = 0; i < states.length; i++) {
            if (states[i] == State.MISSING) {
                needed += config.fileLength();
            } else if (states[i] == State.UNFINISHED) {
                needed += Math.max(0, config.fileLength() - length(path(directory, i)));
            }
        }
        try {
            final long usable = Files.getFileStore(directory).getUsableSpace();
            if (usable < needed) {
                throw new JournalRefusedException(
                        "too little space for the journal's segment files: directory=" + directory + ", needed="
                                + needed + ", usable=" + usable,
                        "make room there, or configure fewer or shorter segments");
            }
        } catch (final IOException ex) {
            throw new UncheckedIOException(ex);
        }
    }

    private void create(final State[] states) {
        for (int i = 0; i < states.length; i++) {
            if (states[i] == State.MISSING || states[i] == State.UNFINISHED) {
                fill(path(directory, i));
            }
        }
        NativeFile.syncPath(directory);
        NativeFile.syncPath(directory.getParent());
        final UnsafeBuffer block = headerBlock();
        final SegmentState state = new SegmentState();
        state.createdTimeMs = System.currentTimeMillis();
        for (int i = 0; i < states.length; i++) {
            if (states[i] != State.NEVER_USED) {
                codec.encode(block, config, i, state);
                final Path path = path(directory, i);
                try (NativeFile file = openDirect(path, NativeFile.O_RDWR | NativeFile.O_DSYNC)) {
                    writeFully(file, path, block, JournalLimits.HEADER_BLOCK_LENGTH, 0);
                }
            }
        }
    }

    private void fill(final Path path) {
        try (NativeFile file = openDirect(path, NativeFile.O_RDWR | NativeFile.O_CREAT)) {
            long position = 0;
            while (position < config.fileLength()) {
                final int length = (int) Math.min(zeros.capacity(), config.fileLength() - position);
                writeFully(file, path, zeros, length, position);
                position += length;
            }
            final int result = file.sync();
            if (result < 0) {
                throw new JournalFailedException("fsync failed: file=" + path, -result);
            }
        }
    }

    static NativeFile openDirect(final Path path, final int flags) {
        try {
            return NativeFile.open(path, flags | NativeFile.O_DIRECT);
        } catch (final JournalFailedException ex) {
            if (ex.errno() == Errno.EINVAL) {
                throw new JournalRefusedException(
                        "the file system cannot open files with O_DIRECT: file=" + path + ", fileSystem="
                                + FileSystemType.of(path.getParent()).description(),
                        "put journal.dir on ext4 or xfs on a local device",
                        ex);
            }
            throw ex;
        }
    }

    static void readFully(
            final NativeFile file,
            final Path path,
            final UnsafeBuffer target,
            final int length,
            final long fileOffset) {
        final long count = file.read(target.addressOffset(), length, fileOffset);
        if (count != length) {
            throw transferFailed("read", path, fileOffset, length, count);
        }
    }

    private static void writeFully(
            final NativeFile file,
            final Path path,
            final UnsafeBuffer source,
            final int length,
            final long fileOffset) {
        final long count = file.write(source.addressOffset(), length, fileOffset);
        if (count != length) {
            throw transferFailed("write", path, fileOffset, length, count);
        }
    }

    static JournalFailedException transferFailed(
            final String operation, final Path path, final long fileOffset, final int length, final long count) {
        final String what = operation + (count < 0 ? " failed" : " was short") + ": file=" + path + ", offset="
                + fileOffset + ", length=" + length;
        return count < 0
                ? new JournalFailedException(what, (int) -count)
                : new JournalFailedException(what + ", transferred=" + count, 0);
    }

    private static UnsafeBuffer headerBlock() {
        return new UnsafeBuffer(
                BufferUtil.allocateDirectAligned(JournalLimits.HEADER_BLOCK_LENGTH, JournalLimits.HEADER_BLOCK_LENGTH));
    }

    private JournalCorruptException damaged(final Path path, final String problem) {
        return new JournalCorruptException(JournalDamage.ofFile(config.laneId(), path.toString(), -1), problem);
    }

    private static long length(final Path path) {
        try {
            return Files.size(path);
        } catch (final IOException ex) {
            throw new UncheckedIOException(ex);
        }
    }

    private static JournalRefusedException foreign(final Path path, final String why) {
        return new JournalRefusedException(
                "a file in the journal's directory is not this journal's: file=" + path + ", " + why,
                "configure the directory of this node and lane, or an empty one");
    }

    private static JournalRefusedException newer(final Path path, final int formatVersion) {
        return new JournalRefusedException(
                "the journal was written by a newer Epona: file=" + path + ", formatVersion=" + formatVersion
                        + ", newest known=" + SegmentHeaderCodec.FORMAT_VERSION,
                "start that version, or a later one");
    }
}
