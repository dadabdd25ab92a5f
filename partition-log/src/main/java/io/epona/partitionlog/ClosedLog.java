package io.epona.partitionlog;

import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

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

    private static boolean isSegment(final String name) {
        return name.endsWith(SUFFIX)
                && name.length() > SUFFIX.length()
                && name.chars().limit(name.length() - SUFFIX.length()).allMatch(Character::isDigit);
    }

    private static long baseOffset(final String name) {
        return Long.parseLong(name.substring(0, name.length() - SUFFIX.length()));
    }
}
