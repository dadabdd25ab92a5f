package io.epona.sequencer.powercut;

import io.epona.codec.lane.LaneReplyDecoder;
import io.epona.codec.lane.LaneResult;
import io.epona.sequencer.LaneProxy;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.SplittableRandom;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.ringbuffer.RingBuffer;

/**
 * Producers and their gateway: idempotent ones keep at most five batches unanswered and send them again, in order, to
 * the next life of a node that died; one without an id never does.
 */
final class Producers {
    static final int LEADER_EPOCH = 1;

    private static final int IDEMPOTENT = 4;
    private static final int MAX_IN_FLIGHT = 5;

    private final SplittableRandom random;
    private final Ledger ledger;
    private final Plan plan;
    private final int maxValueLength;
    private final Deque<Batch>[] unanswered;
    private final int[] sentCounts = new int[IDEMPOTENT + 1];
    private final int[] nextSequences = new int[IDEMPOTENT];
    private final Map<Long, Batch> inFlight = new HashMap<>();
    private final Deque<Batch> waiting = new ArrayDeque<>();
    private final LaneReplyDecoder reply = new LaneReplyDecoder();
    private LaneProxy proxy;
    private RingBuffer replies;
    private long nextCorrelationId;

    @SuppressWarnings({"unchecked", "rawtypes"}) // an array of a generic type
    Producers(final SplittableRandom random, final Ledger ledger, final Plan plan) {
        this.random = random;
        this.ledger = ledger;
        this.plan = plan;
        this.maxValueLength = plan.maxBatchLength() - 100;
        this.unanswered = new Deque[IDEMPOTENT + 1];
        for (int i = 0; i < unanswered.length; i++) {
            unanswered[i] = new ArrayDeque<>();
        }
    }

    /** A new life of the node: nothing that was sent before will be answered. */
    void connect(final LaneProxy newProxy, final RingBuffer newReplies) {
        proxy = newProxy;
        replies = newReplies;
        inFlight.clear();
        waiting.clear();
        java.util.Arrays.fill(sentCounts, 0);
        unanswered[IDEMPOTENT].clear();
        for (final Deque<Batch> batches : unanswered) {
            batches.forEach(Batch::forgetAnswer);
        }
    }

    boolean isIdle() {
        for (final Deque<Batch> batches : unanswered) {
            if (!batches.isEmpty()) {
                return false;
            }
        }
        return true;
    }

    /** One producer sends one batch: an unanswered one first. */
    void send(final long nowNs, final boolean mayBeNew) {
        final int producer = random.nextInt(IDEMPOTENT + 1);
        final Deque<Batch> batches = unanswered[producer];
        Batch batch = null;
        if (sentCounts[producer] < batches.size()) {
            final Iterator<Batch> iterator = batches.iterator();
            for (int i = 0; i <= sentCounts[producer]; i++) {
                batch = iterator.next();
            }
        } else if (mayBeNew && batches.size() < MAX_IN_FLIGHT) {
            batch = make(producer);
            batches.addLast(batch);
        }
        if (null != batch) {
            offer(producer, batch, nowNs);
        }
    }

    private Batch make(final int producer) {
        final int recordCount = plan.isEven() ? 1 : 1 + random.nextInt(3);
        final int longest = maxValueLength / recordCount - 32;
        final int valueLength = plan.isEven()
                ? plan.evenValueLength()
                : Long.BYTES + random.nextInt(random.nextInt(4) == 0 ? longest : 400);
        final boolean isIdempotent = producer < IDEMPOTENT;
        final int sequence = isIdempotent ? nextSequences[producer] : -1;
        if (isIdempotent) {
            nextSequences[producer] += recordCount;
        }
        return Batch.encode(
                producer % Plan.PARTITIONS,
                isIdempotent ? 1000 + producer : -1,
                sequence,
                recordCount,
                Math.min(valueLength, longest),
                random.nextLong() >>> 1);
    }

    private void offer(final int producer, final Batch batch, final long nowNs) {
        batch.correlationId = nextCorrelationId;
        final boolean isOffered = proxy.offerAppend(
                batch.correlationId, batch.partitionIndex, LEADER_EPOCH, nowNs, batch.bytes, 0, batch.bytes.capacity());
        if (isOffered) {
            nextCorrelationId++;
            sentCounts[producer]++;
            inFlight.put(batch.correlationId, batch);
        }
    }

    /** The gateway reads replies and acknowledges what is committed. */
    void poll(final long committed) {
        replies.read(this::onReply);
        while (!waiting.isEmpty() && waiting.peekFirst().endPosition <= committed) {
            acknowledge(waiting.pollFirst());
        }
    }

    private void onReply(final int type, final DirectBuffer buffer, final int offset, final int length) {
        reply.wrap(buffer, offset, LaneReplyDecoder.BLOCK_LENGTH, LaneReplyDecoder.SCHEMA_VERSION);
        final Batch batch = inFlight.remove(reply.correlationId());
        final LaneResult result = reply.result();
        if (result != LaneResult.OK && result != LaneResult.DUPLICATE) {
            throw new Violation("a batch was refused: " + result + ", " + batch);
        }
        batch.baseOffset = reply.baseOffset();
        batch.endPosition = reply.endPosition();
        waiting.addLast(batch);
    }

    private void acknowledge(final Batch batch) {
        final int producer = batch.producerId < 0 ? IDEMPOTENT : (int) (batch.producerId - 1000);
        if (unanswered[producer].pollFirst() != batch) {
            throw new Violation("batches were answered out of order: " + batch);
        }
        sentCounts[producer]--;
        ledger.onAcknowledged(batch);
    }
}
