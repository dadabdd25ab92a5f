package io.epona.demo.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.runtime.NodeClock;
import io.epona.runtime.budget.Stage;
import io.epona.runtime.budget.StageRecorder;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class FlowReceiverTest {
    private static final TopicPartition PARTITION = new TopicPartition("market-data", 0);
    private static final long START_OFFSET = 40;
    private static final long RUN_ID = 5;
    private static final long DUE_NS = 1_000_000_000;
    private static final long BUDGET_NS = Stage.END_TO_END.budgetNs();

    private final MockConsumer<byte[], byte[]> consumer = new MockConsumer<>("none");
    private final OrderEventCodec codec = new OrderEventCodec();
    private final SentStreams sent = new SentStreams(RUN_ID);
    private final StageRecorder recorder = new StageRecorder("test", Stage.PROCESS, Stage.END_TO_END);
    private final Reception reception = new Reception(RUN_ID, recorder);
    private volatile TickingClock clock;
    private FlowReceiver receiver;
    private Thread thread;
    private long offset = START_OFFSET;

    /** Whichever clock the test has set. */
    private final class SwappedClock implements NodeClock {
        @Override
        public long epochNs() {
            return clock.epochNs();
        }

        @Override
        public long nanoTime() {
            return clock.nanoTime();
        }
    }

    @BeforeEach
    void start() throws Exception {
        consumer.updateBeginningOffsets(Map.of(PARTITION, 0L));
        consumer.updateEndOffsets(Map.of(PARTITION, START_OFFSET));
        clock = new TickingClock(DUE_NS, 0);
        receiver = new FlowReceiver(consumer, List.of(PARTITION), new SwappedClock());
        receiver.expect(reception);
        thread = Thread.ofPlatform().start(receiver);
        receiver.ready().get(60, TimeUnit.SECONDS);
    }

    @AfterEach
    void stop() throws InterruptedException {
        receiver.stop();
        thread.join();
    }

    private void deliver(final long runId, final long sequence) {
        final byte[] message = codec.encode(Events.at(1, "EPONA", 1), runId, sequence, DUE_NS);
        if (runId == RUN_ID) {
            sent.stream(DemoTopic.MARKET_DATA, OrderEventCodec.symbolBits("EPONA"))
                    .add(message);
        }
        deliver(message);
    }

    private void deliver(final byte[] message) {
        final long next = offset++;
        consumer.schedulePollTask(
                () -> consumer.addRecord(new ConsumerRecord<>("market-data", 0, next, null, message)));
    }

    private void awaitCount(final long count) {
        while (reception.count() < count) {
            Thread.onSpinWait();
        }
    }

    private DeliveryResult result() throws Exception {
        receiver.stop();
        receiver.ended().get(60, TimeUnit.SECONDS);
        return reception.check().result(sent);
    }

    @Test
    void shouldBeginAtTheEndWhenTopicHoldsOlderRecords() {
        assertEquals(Map.of(PARTITION, START_OFFSET), Map.of(PARTITION, consumer.position(PARTITION)));
    }

    @Test
    void shouldCheckOwnRecordsAndPassOverOthersWhenTopicsAreShared() throws Exception {
        deliver(RUN_ID, 0);
        deliver(RUN_ID + 1, 0);
        deliver(new byte[] {1, 2, 3});
        deliver((byte[]) null);
        deliver(RUN_ID, 1);
        awaitCount(2);
        final DeliveryResult result = result();
        assertEquals(new DeliveryResult(2, 2, 0, 0, 0, 0, 3), result);
        assertTrue(result.isExact());
    }

    @Test
    void shouldFindDuplicateWhenRecordIsDeliveredTwice() throws Exception {
        deliver(RUN_ID, 0);
        deliver(codec.encode(Events.at(1, "EPONA", 1), RUN_ID, 0, DUE_NS));
        deliver(RUN_ID, 1);
        awaitCount(2);
        assertEquals(1, result().duplicated());
    }

    @Test
    void shouldKeepParticularsWhenRecordIsOverBudget() throws Exception {
        deliver(RUN_ID, 0);
        awaitCount(1);
        clock = new TickingClock(DUE_NS + BUDGET_NS + 1, 0);
        deliver(RUN_ID, 1);
        awaitCount(2);
        result();
        assertEquals(1, reception.overBudgetCount());
        assertEquals(
                List.of(new OverBudget(DemoTopic.MARKET_DATA, 0, START_OFFSET + 1, DUE_NS, BUDGET_NS + 1, 0)),
                reception.overBudget());
    }

    @Test
    void shouldTellWhyWhenItCannotGoOn() {
        consumer.setPollException(new KafkaException("broken"));
        final CompletionException thrown =
                assertThrows(CompletionException.class, () -> receiver.ended().join());
        assertEquals("broken", thrown.getCause().getMessage());
    }
}
