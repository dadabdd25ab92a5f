package io.epona.partitionlog;

import io.epona.codec.RecordBatchDescriptor;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;

/** Looks at a log's directory without opening the log: one listing, and a stat of each segment. */
final class ClosedLog {
    private static final String SUFFIX = KafkaLog.LOG;

    private ClosedLog() {}

    /** The segments, oldest first; none when there is no such directory. */
    static List<RetentionPolicy.Segment> segments(final Path directory) {
        final File[] files = directory.toFile().listFiles((parent, name) -> isSegment(name));
        final List<RetentionPolicy.Segment> segments = new ArrayList<>();
        if (files != null) {
            for (final File file : files) {
                segments.add(
                        new RetentionPolicy.Segment(baseOffset(file.getName()), file.length(), file.lastModified()));
            }
            segments.sort(Comparator.comparingLong(RetentionPolicy.Segment::baseOffset));
        }
        return segments;
    }

    /** The files of the segments, oldest first. */
    static List<Path> files(final Path directory) {
        return segments(directory).stream()
                .map(segment -> directory.resolve(KafkaLog.fileName(segment.baseOffset(), SUFFIX)))
                .toList();
    }

    /** Time stamp of a segment's first batch, ms; -1 when there is none to be read. */
    static long firstTimestampMs(final Path directory, final long baseOffset) {
        final ByteBuffer header = ByteBuffer.allocate(RecordBatchDescriptor.BATCH_OVERHEAD);
        try (FileChannel channel =
                FileChannel.open(directory.resolve(KafkaLog.fileName(baseOffset, SUFFIX)), StandardOpenOption.READ)) {
            return channel.read(header, 0) == header.capacity()
                    ? RecordBatchDescriptor.baseTimestamp(new UnsafeBuffer(header), 0)
                    : RecordBatchDescriptor.NO_TIMESTAMP;
        } catch (final IOException e) {
            return RecordBatchDescriptor.NO_TIMESTAMP; // replaced or deleted meanwhile: the next look sees another one
        }
    }

    private static boolean isSegment(final String name) {
        return name.endsWith(SUFFIX)
                && name.length() > SUFFIX.length()
                && name.chars().limit(name.length() - SUFFIX.length()).allMatch(Character::isDigit);
    }

    private static long baseOffset(final String name) {
        return Long.parseLong(name.substring(0, name.length() - SUFFIX.length()));
    }
}
