package io.epona.demo.load;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.codec.orderflow.OrderEventDecoder;
import io.epona.demo.flow.FlowEvent;
import io.epona.demo.flow.FlowException;
import io.epona.demo.flow.Flows;
import io.epona.demo.flow.OrderFlow;
import io.epona.demo.flow.Schedule;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class FlowSenderTest {
    private static final long START_NS = 1_700_000_000_000_000_000L;
    private static final long RUN_ID = 77;
    private static final long MS = 1_000_000;
    private static final long SECOND = 1_000 * MS;

    private final MockProducer<byte[], byte[]> producer =
            new MockProducer<>(true, null, new ByteArraySerializer(), new ByteArraySerializer());
    private final SentStreams streams = new SentStreams(RUN_ID);
    private final SendProgress progress = new SendProgress();
    private final OrderEventCodec codec = new OrderEventCodec();

    private SendPlan plan(final Schedule schedule, final long durationNs) {
        return new SendPlan(streams, schedule, START_NS, durationNs);
    }

    private FlowSender sender(final long clockStepNs) {
        return new FlowSender(producer, new TickingClock(START_NS, clockStepNs));
    }

    private List<ProducerRecord<byte[], byte[]>> marketData() {
        return producer.history().stream()
                .filter(record -> record.topic().equals("market-data"))
                .toList();
    }

    @Test
    void shouldStampEachEventWithItsDueTimeWhenPlayedAtSpeed() throws Exception {
        sender(MS / 4).send(Flows.of(Events.list(10)), plan(new Schedule.AtSpeed(2), SECOND), progress);
        final List<ProducerRecord<byte[], byte[]>> sent = marketData();
        assertEquals(10, sent.size());
        for (int i = 0; i < 10; i++) {
            final long dueNs = START_NS + i * MS / 2;
            assertEquals(dueNs, codec.decode(sent.get(i).value()).intendedSendTimeNs());
            assertEquals(dueNs / MS, sent.get(i).timestamp());
        }
    }

    @Test
    void shouldCountFromDueTimeWhenItIsLate() throws Exception {
        sender(50 * MS).send(Flows.of(Events.list(10)), plan(new Schedule.AtRate(1_000), SECOND), progress);
        final OrderEventDecoder last = codec.decode(marketData().getLast().value());
        assertEquals(START_NS + 9 * MS, last.intendedSendTimeNs());
        assertTrue(progress.maxLateNs() >= 400 * MS, "late by " + progress.maxLateNs());
    }

    @Test
    void shouldKeyBySymbolAndCountSequencesPerTopicWhenSending() throws Exception {
        sender(MS).send(Flows.of(Events.list(300)), plan(new Schedule.AtRate(1_000), SECOND), progress);
        final Map<String, Long> next = new HashMap<>();
        for (final ProducerRecord<byte[], byte[]> record : producer.history()) {
            final OrderEventDecoder event = codec.decode(record.value());
            assertEquals(RUN_ID, event.runId());
            final long sequence = event.sequence();
            final String symbol = event.symbol();
            assertArrayEquals(symbol.getBytes(StandardCharsets.US_ASCII), record.key());
            assertEquals(next.merge(record.topic() + symbol, 1L, Long::sum) - 1, sequence);
        }
        assertEquals(300, streams.count(DemoTopic.MARKET_DATA));
        final long own = streams.count(DemoTopic.ORDER_EVENTS);
        assertTrue(own > 40 && own < 120, "about a quarter are our own: " + own);
        assertEquals(300, progress.events());
        assertEquals(300 + own, progress.sent());
        assertEquals(300 + own, progress.acknowledged());
        assertEquals(300 + own, progress.acknowledgement().getTotalCount());
    }

    @Test
    void shouldKeepAnOrdersWholeLifeTogetherWhenItIsOurOwn() {
        for (long id = 1; id < 1_000; id++) {
            assertEquals(
                    DemoTopic.ORDER_EVENTS.takes(Events.at(1, "A", id)),
                    DemoTopic.ORDER_EVENTS.takes(Events.at(9, "B", id)));
            assertTrue(DemoTopic.MARKET_DATA.takes(Events.at(1, "A", id)));
        }
    }

    @Test
    void shouldEndWhenDurationIsOver() throws Exception {
        sender(MS).send(Flows.of(Events.list(100)), plan(new Schedule.AtSpeed(1), 10 * MS), progress);
        assertEquals(10, progress.events());
    }

    @Test
    void shouldEndWhenStopped() throws Exception {
        final FlowSender sender = sender(MS);
        final List<FlowEvent> events = Events.list(100);
        final int[] taken = new int[1];
        final OrderFlow stopping = () -> {
            if (taken[0] == 5) {
                sender.stop();
            }
            return events.get(taken[0]++);
        };
        sender.send(stopping, plan(new Schedule.AtRate(1_000), SECOND), progress);
        assertEquals(5, progress.events());
    }

    @Test
    void shouldNotSendWhatItIsStoppedBeforeWhenItWaits() throws Exception {
        final FlowSender sender = new FlowSender(producer, new TickingClock(START_NS, 0));
        final Thread sending = Thread.ofPlatform().start(() -> {
            try {
                sender.send(Flows.of(Events.list(2)), plan(new Schedule.AtRate(1), 10 * SECOND), progress);
            } catch (final FlowException ex) {
                throw new IllegalStateException(ex);
            }
        });
        while (progress.events() == 0) {
            Thread.onSpinWait();
        }
        sender.stop();
        sending.join();
        assertEquals(1, progress.events());
    }

    @Test
    void shouldFlushAndTellWhenFlowCannotBeReadOn() {
        final MockProducer<byte[], byte[]> lazy =
                new MockProducer<>(false, null, new ByteArraySerializer(), new ByteArraySerializer());
        final FlowSender sender = new FlowSender(lazy, new TickingClock(START_NS, MS));
        final List<FlowEvent> events = Events.list(3);
        final int[] taken = new int[1];
        final OrderFlow broken = () -> {
            if (taken[0] == 3) {
                throw new FlowException("x.csv:4: no");
            }
            return events.get(taken[0]++);
        };
        final FlowException thrown = assertThrows(
                FlowException.class, () -> sender.send(broken, plan(new Schedule.AtRate(1_000), SECOND), progress));
        assertEquals("x.csv:4: no", thrown.getMessage());
        assertEquals(progress.sent(), progress.acknowledged());
    }

    @Test
    void shouldCountFailureWhenRecordIsNotAcknowledged() throws Exception {
        final MockProducer<byte[], byte[]> lazy =
                new MockProducer<>(false, null, new ByteArraySerializer(), new ByteArraySerializer());
        final RuntimeException reason = new TimeoutException("30 s");
        final OrderFlow failing = new OrderFlow() {
            private int taken;

            @Override
            public FlowEvent next() {
                if (taken == 2) {
                    lazy.errorNext(reason);
                }
                return taken < 3 ? Events.list(3).get(taken++) : null;
            }
        };
        new FlowSender(lazy, new TickingClock(START_NS, MS))
                .send(failing, plan(new Schedule.AtRate(1_000), SECOND), progress);
        assertEquals(1, progress.failed());
        assertSame(reason, progress.failure());
        assertEquals(progress.sent() - 1, progress.acknowledged());
    }

    @Test
    void shouldEndWhenProducerTakesNoMore() throws Exception {
        producer.sendException = new KafkaException("fenced");
        sender(MS).send(Flows.of(Events.list(100)), plan(new Schedule.AtRate(1_000), SECOND), progress);
        assertEquals(0, progress.sent());
        assertEquals(1, progress.failed());
        assertEquals("fenced", progress.failure().getMessage());
    }
}
