package io.epona.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.codec.FrameDescriptor;
import io.epona.codec.FrameEncoder;
import io.epona.runtime.FatalHandler;
import io.epona.runtime.LaneCounters;
import io.epona.runtime.Signal;
import io.epona.runtime.budget.Stage;
import io.epona.runtime.budget.StageRecorder;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.SystemNanoClock;

/**
 * One life of a lane's log in a test: journal, ring, writer, and an appender that does what a lane does. Payloads
 * follow from the position, so that a frame that is read back can be checked whole.
 */
final class TestLog implements AutoCloseable {
    static final int MIN_PAYLOAD = 61;
    static final int EPOCH = 1;

    final JournalConfig config;
    final LogRing ring;
    final int spanLength;
    final LaneCounters counters = LaneCounters.onHeap();
    final List<Throwable> failures = new ArrayList<>();
    final List<Long> recovered = new ArrayList<>();
    /** Those of {@link #recovered} that a replica's recovery did not call committed. */
    final List<Long> uncommitted = new ArrayList<>();

    final Journal journal;
    final RecoveredTail tail;
    final JournalWriter writer;

    private final FrameEncoder encoder = new FrameEncoder();
    private final FatalHandler fatalHandler = (component, reason) -> failures.add(reason);
    int signals;
    private long end;
    /** Committed position that frames carry, when not what is durable. */
    long claimedDurable = -1;

    /** Leader epoch that frames carry. */
    int epoch = EPOCH;

    /** Partition index that frames carry: tells frames of one position apart. */
    int identity = 7;

    /** Partition indices of the frames that were recovered. */
    final List<Integer> recoveredIdentities = new ArrayList<>();

    /** Of the writer. */
    NanoClock clock = SystemNanoClock.INSTANCE;

    private TestLog(
            final JournalConfig config,
            final SegmentStore store,
            final int ringLength,
            final RecoveryRules rules,
            final Opening opening) {
        this.config = config;
        this.ring = LogRing.allocate(ringLength);
        this.spanLength = ring.spanLength(config.segmentLength());
        this.journal = opening.beginsAnew
                ? Journal.startAt(config, store, ring, opening.from)
                : Journal.open(config, store, ring, rules);
        final long from = opening.from;
        try {
            this.tail = opening.isReplica
                    ? journal.recoverReplica(new ReplicaRecovery(
                            from,
                            opening.checkpoint,
                            opening.cutsUnproven,
                            this::onRecovered,
                            (buffer, offset, frameLength, position) -> {
                                onRecovered(buffer, offset, frameLength, position);
                                uncommitted.add(position);
                            }))
                    : journal.recover(from, opening.checkpoint, this::onRecovered);
        } catch (final RuntimeException ex) {
            journal.close();
            throw ex;
        }
        counters.setAll(tail.position());
        counters.checkpointed().setRelease(from);
        final StageRecorder recorder = new StageRecorder("journal-0", Stage.DEVICE_WRITE);
        final Signal onDurable = () -> signals++;
        this.writer = journal.writer(counters, recorder, onDurable, fatalHandler, () -> clock.nanoTime());
        this.end = tail.position();
    }

    static TestLog open(final JournalConfig config, final SegmentStore store, final int ringLength) {
        return open(config, store, ringLength, 0, 0);
    }

    static TestLog open(
            final JournalConfig config,
            final SegmentStore store,
            final int ringLength,
            final long from,
            final long checkpoint) {
        return new TestLog(
                config, store, ringLength, RecoveryRules.STRICT, new Opening(from, checkpoint, false, false, false));
    }

    /** How a log is opened. */
    private record Opening(long from, long checkpoint, boolean isReplica, boolean cutsUnproven, boolean beginsAnew) {}

    /** One replica of several. */
    static TestLog openReplica(
            final JournalConfig config,
            final SegmentStore store,
            final int ringLength,
            final long from,
            final long checkpoint) {
        return openReplica(config, store, ringLength, from, checkpoint, RecoveryRules.STRICT);
    }

    static TestLog openReplica(
            final JournalConfig config,
            final SegmentStore store,
            final int ringLength,
            final long from,
            final long checkpoint,
            final RecoveryRules rules) {
        return new TestLog(config, store, ringLength, rules, new Opening(from, checkpoint, true, false, false));
    }

    /** A replica that is known not to be in sync. */
    static TestLog openOutOfSync(
            final JournalConfig config,
            final SegmentStore store,
            final int ringLength,
            final long from,
            final long checkpoint) {
        return new TestLog(
                config, store, ringLength, RecoveryRules.STRICT, new Opening(from, checkpoint, true, true, false));
    }

    /** A replica whose log is begun at a position. */
    static TestLog startAt(
            final JournalConfig config, final SegmentStore store, final int ringLength, final long position) {
        return new TestLog(
                config, store, ringLength, RecoveryRules.STRICT, new Opening(position, position, true, false, true));
    }

    /** Cuts as a lane does, with the writer on this thread. False when the writer fenced itself. */
    boolean truncate(final long position) {
        return finishTruncation(journal.truncation().request(position), position);
    }

    /** What follows the request. */
    boolean finishTruncation(final long generation, final long position) {
        final JournalTruncation truncation = journal.truncation();
        for (int i = 0; i < 10 && !truncation.isDone(generation) && !writer.isFenced(); i++) {
            writer.doWork();
        }
        if (writer.isFenced()) {
            return false;
        }
        assertTrue(truncation.isDone(generation), "the cut is done in one step of the writer");
        assertTrue(counters.durable().get() <= position, "durable is at most the cut");
        assertEquals(0, writer.doWork(), "nothing is written before the lane has taken its end back");
        resume(generation, position);
        return true;
    }

    /** The last step of a cut. */
    void resume(final long generation, final long position) {
        end = position;
        publish();
        journal.truncation().resume(generation);
    }

    /** Appends and publishes a frame of that payload; its position. */
    long append(final int payloadLength) {
        final long position = write(payloadLength);
        publish();
        return position;
    }

    void publish() {
        counters.appended().setRelease(end);
    }

    /** Writes a frame into the ring, behind a padding frame where it does not fit, without publishing it. */
    long write(final int payloadLength) {
        final int aligned = FrameDescriptor.alignedLength(FrameDescriptor.HEADER_LENGTH + payloadLength);
        long position = FrameDescriptor.framePosition(end, spanLength);
        final int remaining = FrameDescriptor.remainingInSpan(position, spanLength);
        if (aligned > remaining) {
            pad(position, remaining);
            position += remaining;
        }
        final int offset = ring.offset(position);
        for (int i = 0; i < payloadLength; i++) {
            ring.buffer().putByte(offset + FrameDescriptor.HEADER_LENGTH + i, payloadByte(position, i));
        }
        encoder.encodeRecords(
                ring.buffer(), offset, position, payloadLength, epoch, identity, position, 0, 1, 2, knownDurable());
        end = position + aligned;
        return position;
    }

    void pad(final long position, final int remaining) {
        encoder.encodePadding(ring.buffer(), ring.offset(position), position, remaining, epoch, 2, knownDurable());
        end = position + remaining;
    }

    private long knownDurable() {
        return claimedDurable >= 0 ? claimedDurable : counters.durable().get();
    }

    /** Fills the span up to its end less what is to be left, with one frame. */
    long fillSpan(final int leave) {
        final int remaining = FrameDescriptor.remainingInSpan(end, spanLength);
        return append(remaining - leave - FrameDescriptor.HEADER_LENGTH);
    }

    /** Bytes that a new frame could take before the span ends. */
    int remaining() {
        return FrameDescriptor.remainingInSpan(end, spanLength);
    }

    long end() {
        return end;
    }

    /** Runs the writer until all is durable. */
    void flush() {
        int guard = 0;
        while (counters.durable().get() < end && !writer.isFenced()) {
            writer.doWork();
            if (guard++ > 100_000) {
                throw new AssertionError(
                        "writer does not advance: durable=" + counters.durable().get());
            }
        }
    }

    /** Appends and flushes, letting the journal recycle all that is durable. */
    void appendAll(final int count, final int payloadLength) {
        for (int i = 0; i < count; i++) {
            append(payloadLength);
            flush();
            counters.checkpointed().setRelease(counters.durable().get());
        }
    }

    static byte payloadByte(final long position, final int index) {
        return (byte) (position * 31 + index * 7L + (index >> 8));
    }

    private void onRecovered(final DirectBuffer buffer, final int offset, final int frameLength, final long position) {
        checkFrame(buffer, offset, frameLength, position);
        recovered.add(position);
        recoveredIdentities.add(FrameDescriptor.partitionIndex(buffer, offset));
    }

    static void checkFrame(final DirectBuffer buffer, final int offset, final int frameLength, final long position) {
        assertEquals(position, FrameDescriptor.position(buffer, offset));
        assertEquals(frameLength, FrameDescriptor.frameLength(buffer, offset));
        for (int i = 0; i < frameLength - FrameDescriptor.HEADER_LENGTH; i++) {
            final byte actual = buffer.getByte(offset + FrameDescriptor.HEADER_LENGTH + i);
            if (actual != payloadByte(position, i)) {
                assertEquals(payloadByte(position, i), actual, "payload at " + position + " byte " + i);
            }
        }
    }

    @Override
    public void close() {
        journal.close();
        ring.close();
    }
}
