package io.epona.sequencer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.epona.codec.RecordBatchDescriptor;
import io.epona.codec.lane.LaneResult;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import org.agrona.concurrent.UnsafeBuffer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.InvalidTxnStateException;
import org.apache.kafka.common.errors.OutOfOrderSequenceException;
import org.apache.kafka.common.errors.TransactionCoordinatorFencedException;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.BatchMetadata;
import org.apache.kafka.storage.internals.log.CompletedTxn;
import org.apache.kafka.storage.internals.log.ProducerAppendInfo;
import org.apache.kafka.storage.internals.log.ProducerStateEntry;
import org.apache.kafka.storage.internals.log.ProducerStateManager;
import org.apache.kafka.storage.internals.log.ProducerStateManagerConfig;

/**
 * Random batches, offered to our rules and to those of Kafka's own log: the same answers, with the same offsets, but
 * for what was surely written longer ago than Kafka remembers. Any of the producers may have been forgotten once.
 */
class KafkaProducerRulesPropertyTest {
    private static final int PARTITION = 3;
    private static final int EXPIRATION_MS = 500;
    private static final int STEPS = 400;
    private static final TopicPartition TOPIC_PARTITION = new TopicPartition("orders", 0);

    /** Kafka's rules as its log applies them to a batch of a client. */
    private static final class KafkaLog {
        private final ProducerStateManager producers;
        private long nextOffset;
        private long duplicateOffset;

        KafkaLog(final File directory) throws IOException {
            final ProducerStateManagerConfig config = new ProducerStateManagerConfig(EXPIRATION_MS, false);
            producers = new ProducerStateManager(TOPIC_PARTITION, directory, 0, config, Time.SYSTEM);
        }

        /** First offset of the oldest open transaction, or -1. */
        long firstUnstableOffset() {
            return producers
                    .firstUnstableOffset()
                    .map(offset -> offset.messageOffset)
                    .orElse(-1L);
        }

        /** Our own rule: a transaction of an older epoch must be ended first. */
        boolean wouldMixTransactions(final long producerId, final int epoch) {
            return producers
                    .lastEntry(producerId)
                    .filter(entry -> entry.currentTxnFirstOffset().isPresent() && entry.producerEpoch() < epoch)
                    .isPresent();
        }

        /** First sequence that is remembered of a producer's epoch, before the next batch is offered. */
        OptionalInt oldestSequence(final long producerId, final int epoch, final long nowMs) {
            producers.removeExpiredProducers(nowMs);
            return producers
                    .lastEntry(producerId)
                    .filter(entry -> entry.producerEpoch() == epoch)
                    .map(entry -> entry.batchMetadata().stream().mapToInt(BatchMetadata::firstSeq))
                    .orElseGet(IntStream::empty)
                    .findFirst();
        }

        LaneResult end(final UnsafeBuffer bytes, final short version, final long nowMs) {
            final RecordBatch batch = nextBatch(bytes, nowMs);
            try {
                final ProducerAppendInfo append = producers.prepareUpdate(batch.producerId(), AppendOrigin.COORDINATOR);
                final Optional<CompletedTxn> completed = append.append(batch, Optional.empty(), version);
                producers.update(append);
                completed.ifPresent(producers::completeTxn);
                producers.onHighWatermarkUpdated(batch.nextOffset());
            } catch (final InvalidProducerEpochException ex) {
                return LaneResult.INVALID_PRODUCER_EPOCH;
            } catch (final TransactionCoordinatorFencedException ex) {
                return LaneResult.COORDINATOR_FENCED;
            }
            nextOffset = batch.nextOffset();
            return LaneResult.OK;
        }

        LaneResult offer(final UnsafeBuffer bytes, final long nowMs) {
            final RecordBatch batch = nextBatch(bytes, nowMs);
            final Optional<BatchMetadata> duplicate =
                    producers.lastEntry(batch.producerId()).flatMap(entry -> findDuplicate(entry, batch));
            if (duplicate.isPresent()) {
                duplicateOffset = duplicate.get().firstOffset();
                return LaneResult.DUPLICATE;
            }
            try {
                final ProducerAppendInfo append = producers.prepareUpdate(batch.producerId(), AppendOrigin.CLIENT);
                append.append(batch, Optional.empty());
                producers.update(append);
            } catch (final OutOfOrderSequenceException ex) {
                return LaneResult.OUT_OF_ORDER_SEQUENCE;
            } catch (final InvalidProducerEpochException ex) {
                return LaneResult.INVALID_PRODUCER_EPOCH;
            } catch (final InvalidTxnStateException ex) {
                return LaneResult.INVALID_TRANSACTION_STATE;
            }
            nextOffset = batch.nextOffset();
            return LaneResult.OK;
        }

        /** What the log does with any batch before it is judged. */
        private RecordBatch nextBatch(final UnsafeBuffer bytes, final long nowMs) {
            producers.removeExpiredProducers(nowMs);
            RecordBatchDescriptor.stampBaseOffset(bytes, 0, nextOffset);
            return MemoryRecords.readableRecords(ByteBuffer.wrap(bytes.byteArray()))
                    .batches()
                    .iterator()
                    .next();
        }

        /** As the entry's own method, which is not public. */
        private static Optional<BatchMetadata> findDuplicate(final ProducerStateEntry entry, final RecordBatch batch) {
            return entry.batchMetadata().stream()
                    .filter(known -> batch.producerEpoch() == entry.producerEpoch()
                            && batch.baseSequence() == known.firstSeq()
                            && batch.lastSequence() == known.lastSeq())
                    .findFirst();
        }
    }

    @Property(tries = 60, shrinking = ShrinkingMode.OFF)
    void shouldAnswerAsKafkaWhenBatchesAreRandom(@ForAll final long seed) throws IOException {
        compare(seed, Comparison::offerBatch);
    }

    @Property(tries = 60, shrinking = ShrinkingMode.OFF)
    void shouldAnswerAsKafkaWhenTransactionsAreRandom(@ForAll final long seed) throws IOException {
        compare(seed, Comparison::offerOfTransaction);
    }

    private static void compare(final long seed, final Consumer<Comparison> step) throws IOException {
        final Path directory = Files.createTempDirectory("producer-rules");
        try {
            final Comparison comparison = new Comparison(new Random(seed), new KafkaLog(directory.toFile()));
            for (int i = 0; i < STEPS; i++) {
                comparison.chooseClient();
                step.accept(comparison);
                comparison.requireSameState();
            }
        } finally {
            Files.delete(directory);
        }
    }

    /** Our state and Kafka's, and clients that offer the same to both. */
    private static final class Comparison {
        private final Random random;
        private final KafkaLog kafka;
        private final LaneState state = new LaneState(new LaneStateConfig(LogScript.SPAN_LENGTH, 1000, EXPIRATION_MS));
        private final LogScript log = new LogScript();
        private final Client[] clients;

        /** By client: whether the sequences of its epoch began with 0, as far as the log knows. */
        private final boolean[] beganAtZero;

        private long nowMs = 1_000_000;
        private int number;
        private Client client;

        Comparison(final Random random, final KafkaLog kafka) {
            this.random = random;
            this.kafka = kafka;
            clients = new Client[] {new Client(random), new Client(random), new Client(random)};
            beganAtZero = new boolean[clients.length];
            state.openPartition(PARTITION);
            forgetSomebodyLater();
        }

        private void forgetSomebodyLater() {
            for (int sequence = 0; sequence < 2; sequence++) {
                final UnsafeBuffer batch = Batches.idempotent(clients.length, 0, sequence, 1);
                assertEquals(LaneResult.OK, log.offer(state, PARTITION, batch, nowMs));
                assertEquals(LaneResult.OK, kafka.offer(batch, nowMs));
                nowMs += EXPIRATION_MS;
            }
        }

        void chooseClient() {
            nowMs += random.nextInt(20) == 0 ? random.nextInt(2 * EXPIRATION_MS) : random.nextInt(20);
            number = random.nextInt(clients.length);
            client = clients[number];
        }

        void offerBatch() {
            client.next(random);
            final UnsafeBuffer batch =
                    Batches.of(number, client.epoch, client.baseSequence, client.recordCount, "v", nowMs);
            final LaneResult actual = log.offer(state, PARTITION, batch, nowMs);
            requireAsKafka(batch, actual);
            if (actual == LaneResult.DUPLICATE) {
                assertEquals(kafka.duplicateOffset, state.duplicateBaseOffset());
            }
        }

        void offerOfTransaction() {
            if (random.nextInt(4) == 0) {
                endTransaction();
                return;
            }
            client.next(random);
            final boolean isTransactional = random.nextInt(8) > 0;
            final UnsafeBuffer batch = Batches.of(
                    number, client.epoch, client.baseSequence, client.recordCount, "v", nowMs, isTransactional);
            if (!kafka.wouldMixTransactions(number, client.epoch)) {
                requireAsKafka(batch, log.offerVerified(state, PARTITION, batch, nowMs));
            }
        }

        void requireSameState() {
            assertEquals(kafka.nextOffset, state.nextOffset(PARTITION));
            assertEquals(kafka.firstUnstableOffset(), firstOpenOffset());
        }

        private void requireAsKafka(final UnsafeBuffer batch, final LaneResult actual) {
            final OptionalInt oldest = kafka.oldestSequence(number, client.epoch, nowMs);
            final LaneResult expected = kafka.offer(batch, nowMs);
            final boolean wasWritten = oldest.isPresent()
                    && beganAtZero[number]
                    && (long) client.baseSequence + client.recordCount <= oldest.getAsInt();
            assertEquals(
                    expected == LaneResult.OUT_OF_ORDER_SEQUENCE && wasWritten
                            ? LaneResult.DUPLICATE_SEQUENCE
                            : expected,
                    actual,
                    () -> "client " + number + ": " + client);
            if (actual == LaneResult.OK && oldest.isEmpty()) {
                beganAtZero[number] = client.baseSequence == 0;
            }
            client.onAnswer(actual);
        }

        private void endTransaction() {
            final boolean isBumped = random.nextBoolean();
            final int epoch = Math.max(0, client.epoch + random.nextInt(4) - 1);
            final UnsafeBuffer marker = Batches.marker(number, epoch, random.nextInt(4), random.nextBoolean(), nowMs);
            final LaneResult expected = kafka.end(marker, (short) (isBumped ? 2 : 1), nowMs);
            final long origin = io.epona.sequencer.AppendOrigin.COORDINATOR
                    | (isBumped ? io.epona.sequencer.AppendOrigin.BUMPED_MARKER : 0);
            assertEquals(expected, log.offer(state, PARTITION, marker, nowMs, origin), () -> "client " + number);
            if (expected == LaneResult.OK && epoch > client.epoch) {
                client.epoch = epoch;
                client.nextSequence = 0;
            }
        }

        private long firstOpenOffset() {
            final long[] first = {-1};
            state.forEachOpenTransaction(
                    (partition, producer, offset) -> first[0] = first[0] < 0 ? offset : Math.min(first[0], offset));
            return first[0];
        }
    }

    /** A client that mostly behaves, often repeats, and sometimes does anything. */
    private static final class Client {
        private int epoch;
        private int nextSequence;
        private int baseSequence;
        private int recordCount = 1;
        private final int[] recentSequences = new int[8];
        private final int[] recentCounts = new int[8];
        private int recentCount;

        Client(final Random random) {
            nextSequence = random.nextBoolean() ? 0 : Integer.MAX_VALUE - random.nextInt(30);
        }

        void next(final Random random) {
            switch (random.nextInt(10)) {
                case 0, 1, 2 -> repeat(random);
                case 3 -> {
                    baseSequence = Math.max(0, nextSequence + random.nextInt(7) - 3);
                    recordCount = 1 + random.nextInt(4);
                }
                case 4 -> {
                    epoch = Math.max(0, epoch + random.nextInt(4) - 1);
                    baseSequence = random.nextInt(4) == 0 ? random.nextInt(5) : 0;
                    recordCount = 1 + random.nextInt(4);
                }
                default -> {
                    baseSequence = nextSequence;
                    recordCount = 1 + random.nextInt(4);
                }
            }
        }

        private void repeat(final Random random) {
            final int recent = random.nextInt(recentSequences.length);
            baseSequence = recentSequences[recent];
            recordCount = Math.max(1, recentCounts[recent]);
        }

        void onAnswer(final LaneResult result) {
            if (result == LaneResult.OK) {
                recentSequences[recentCount % recentSequences.length] = baseSequence;
                recentCounts[recentCount % recentCounts.length] = recordCount;
                recentCount++;
                nextSequence = Sequences.advance(baseSequence, recordCount);
            }
        }

        @Override
        public String toString() {
            return "epoch=" + epoch + ", baseSequence=" + baseSequence + ", recordCount=" + recordCount
                    + ", nextSequence=" + nextSequence;
        }
    }
}
