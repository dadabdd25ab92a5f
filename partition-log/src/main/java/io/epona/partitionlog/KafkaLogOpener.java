package io.epona.partitionlog;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.storage.internals.epoch.LeaderEpochFileCache;
import org.apache.kafka.storage.internals.log.LoadedLogOffsets;
import org.apache.kafka.storage.internals.log.LocalLog;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.LogLoader;
import org.apache.kafka.storage.internals.log.LogOffsetMetadata;
import org.apache.kafka.storage.internals.log.LogOffsetsListener;
import org.apache.kafka.storage.internals.log.LogSegment;
import org.apache.kafka.storage.internals.log.LogSegments;
import org.apache.kafka.storage.internals.log.UnifiedLog;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens one log: makes its directory when there is none, recovers it when it was not closed in order, and puts Kafka's
 * parts together with ours in the place of those that flush more often than needed. Blocking; any thread, but one at a
 * time for each directory.
 */
final class KafkaLogOpener {
    private static final Logger LOG = LoggerFactory.getLogger(KafkaLogOpener.class);
    private static final String METADATA_FILE = "partition.metadata";
    private static final String TOPIC_ID = "topic_id: ";

    private final KafkaLogs shared;
    private volatile boolean trustsPageCache = true;

    KafkaLogOpener(final KafkaLogs shared) {
        this.shared = shared;
    }

    /** A flush failed: what the page cache shows may not be what the device has. */
    void distrustPageCache() {
        trustsPageCache = false;
    }

    /**
     * Opens the log.
     *
     * @param directory the log's directory, there or not
     * @param saved what is remembered of it
     * @throws IOException when files cannot be read or written
     */
    KafkaLog open(final PartitionDescription description, final Path directory, final SavedLogState saved)
            throws IOException {
        final boolean isNew = !Files.isDirectory(directory);
        final boolean metadataUnflushed = prepareDirectory(description, directory, saved);
        final File dir = directory.toFile();
        final boolean isTransactional = TransactionMark.exists(directory);
        // What is known of transactions goes with the files, and a process that was killed left it behind them.
        final boolean clean = !isNew
                && (saved.matches(directory)
                        || !isTransactional && trustsPageCache && saved.sound() && KilledLog.repair(directory));
        final TopicPartition partition = new TopicPartition(description.topic(), description.partition());
        final KafkaScheduler scheduler = new KafkaScheduler(shared.delayed());
        final LogConfig config = shared.effective(description.config());
        final KafkaEpochCheckpoint epochFile =
                new KafkaEpochCheckpoint(dir, shared.failures(), !clean && saved.recoveryPoint() == 0);
        final LeaderEpochFileCache epochs = new LeaderEpochFileCache(partition, epochFile, scheduler);
        final KafkaProducerState producers =
                new KafkaProducerState(partition, dir, shared.producerConfig(), shared.time());
        if (isTransactional) {
            producers.transactional();
        }
        final LogSegments segments = new LogSegments(partition);
        try {
            final LoadedLogOffsets offsets = isNew
                    ? begin(dir, config, segments)
                    : load(new Loading(dir, config, scheduler, saved, clean), segments, epochs, producers);
            final LocalLog local = new LocalLog(
                    dir,
                    config,
                    segments,
                    Math.min(saved.recoveryPoint(), offsets.recoveryPoint()),
                    offsets.nextOffsetMetadata(),
                    scheduler,
                    shared.time(),
                    partition,
                    shared.failures());
            final UnifiedLog log =
                    new QuietLog(offsets.logStartOffset(), local, shared, epochs, producers, description.topicId());
            if (!clean) {
                cutAtHole(
                        log,
                        Math.max(
                                saved.recoveryPoint(), CleanMark.read(directory).holesBelow()));
            }
            log.updateHighWatermark(log.logEndOffsetMetadata());
            final LogTransactionState transactions = new LogTransactionState(log, local, producers, isTransactional);
            return new KafkaLog(shared, log, scheduler, epochFile, transactions, metadataUnflushed);
        } catch (final IOException | RuntimeException e) {
            segments.closeHandlers();
            throw e;
        }
    }

    /** A log without records: one empty segment. Kafka's loader would list the empty directory five times. */
    private LoadedLogOffsets begin(final File dir, final LogConfig config, final LogSegments segments)
            throws IOException {
        segments.add(LogSegment.open(dir, 0, config, shared.time(), config.initFileSize(), false));
        return new LoadedLogOffsets(0, 0, new LogOffsetMetadata(0, 0, 0));
    }

    private record Loading(
            File directory, LogConfig config, KafkaScheduler scheduler, SavedLogState saved, boolean clean) {}

    private LoadedLogOffsets load(
            final Loading loading,
            final LogSegments segments,
            final LeaderEpochFileCache epochs,
            final KafkaProducerState producers)
            throws IOException {
        return new LogLoader(
                        loading.directory(),
                        UnifiedLog.parseTopicPartitionName(loading.directory()),
                        loading.config(),
                        loading.scheduler(),
                        shared.time(),
                        shared.failures(),
                        loading.clean(),
                        segments,
                        loading.saved().logStartOffset(),
                        loading.saved().recoveryPoint(),
                        epochs,
                        producers,
                        new ConcurrentHashMap<>(),
                        false)
                .load();
    }

    /**
     * After a power cut a segment may have lost its end, exactly at a batch, while the next one has kept its records:
     * Kafka's recovery sees two sound segments. Offsets of a log have no holes but where it was compacted, so what is
     * behind one is cut off; it was not flushed, and the journal has it.
     */
    private static void cutAtHole(final UnifiedLog log, final long fromOffset) throws IOException {
        LogSegment previous = null;
        for (final LogSegment segment : log.logSegments(fromOffset, Long.MAX_VALUE)) {
            if (previous != null && previous.readNextOffset() != segment.baseOffset()) {
                final long endOffset = previous.readNextOffset();
                LOG.warn(
                        "{} lost its records {}..{} with unflushed pages: cut there, to be filled from the journal",
                        log.dir(),
                        endOffset,
                        segment.baseOffset() - 1);
                log.truncateTo(endOffset);
                return;
            }
            previous = segment;
        }
    }

    /** Topic id in a log's directory; null when there is none, or none that can be read. */
    static Uuid topicId(final Path directory) throws IOException {
        final Path file = directory.resolve(METADATA_FILE);
        if (!Files.exists(file)) {
            return null;
        }
        for (final String line : Files.readAllLines(file, StandardCharsets.ISO_8859_1)) {
            if (line.startsWith(TOPIC_ID)) {
                try {
                    return Uuid.fromString(line.substring(TOPIC_ID.length()).strip());
                } catch (final IllegalArgumentException e) {
                    return null; // torn by a power cut; the caller knows whether that may be
                }
            }
        }
        return null;
    }

    static Path metadataFile(final Path directory) {
        return directory.resolve(METADATA_FILE);
    }

    /**
     * Kafka writes and flushes this file before a log's first append; here the first flush of the log takes it along.
     */
    private static boolean prepareDirectory(
            final PartitionDescription description, final Path directory, final SavedLogState saved)
            throws IOException {
        final Uuid found = topicId(directory);
        if (found != null && !found.equals(description.topicId())) {
            throw new PartitionLogException("partition log belongs to another topic of the same name: directory="
                    + directory + ", its topic id=" + found + ", expected=" + description.topicId()
                    + "; move the directory away");
        }
        if (found != null) {
            return false;
        }
        if (saved.recoveryPoint() > 0) {
            throw lost(description, directory, saved);
        }
        Files.createDirectories(directory);
        Files.write(
                metadataFile(directory),
                ("version: 0\n" + TOPIC_ID + description.topicId()).getBytes(StandardCharsets.ISO_8859_1));
        return true;
    }

    private static PartitionLogException lost(
            final PartitionDescription description, final Path directory, final SavedLogState saved) {
        final String remedy = Files.isDirectory(directory)
                ? "write the file again (two lines: 'version: 0' and 'topic_id: " + description.topicId()
                        + "') after checking that the directory is the right one"
                : "restore the directory from a copy";
        return new PartitionLogException("partition log has lost its "
                + (Files.isDirectory(directory) ? METADATA_FILE : "directory") + ": directory=" + directory
                + ", topic id=" + description.topicId() + ", records below offset " + saved.recoveryPoint()
                + " were flushed there; " + remedy);
    }

    /** Without the five gauges that each log would register: with ten thousand partitions they are the larger part. */
    private static final class QuietLog extends UnifiedLog {
        QuietLog(
                final long logStartOffset,
                final LocalLog local,
                final KafkaLogs shared,
                final LeaderEpochFileCache epochs,
                final KafkaProducerState producers,
                final Uuid topicId)
                throws IOException {
            super(
                    logStartOffset,
                    local,
                    shared.stats(),
                    PartitionLogLimits.PRODUCER_EXPIRATION_MS,
                    epochs,
                    producers,
                    Optional.of(topicId),
                    false,
                    LogOffsetsListener.NO_OP_OFFSETS_LISTENER);
        }

        @Override
        public void newMetrics() {
            // see the class comment
        }
    }
}
