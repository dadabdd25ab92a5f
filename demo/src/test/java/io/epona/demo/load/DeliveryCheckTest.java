package io.epona.demo.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DeliveryCheckTest {
    private static final long SYMBOL = OrderEventCodec.symbolBits("EPONA");
    private static final int COUNT = 100;

    private final OrderEventCodec codec = new OrderEventCodec();
    private SentStreams sent;
    private DeliveryCheck check;
    private List<byte[]> messages;

    @BeforeEach
    void send() {
        sent = new SentStreams(1);
        check = new DeliveryCheck();
        messages = new ArrayList<>();
        for (int i = 0; i < COUNT; i++) {
            final byte[] message = codec.encode(Events.at(i, "EPONA", i + 1), 1, i, i);
            sent.stream(DemoTopic.MARKET_DATA, SYMBOL).add(message);
            messages.add(message);
        }
    }

    private void receive(final int sequence) {
        check.onRecord(DemoTopic.MARKET_DATA, SYMBOL, sequence, ContentHash.of(messages.get(sequence)));
    }

    private void receive(final int from, final int to) {
        for (int i = from; i < to; i++) {
            receive(i);
        }
    }

    private void assertResult(final long received, final long lost, final long duplicated, final long reordered) {
        assertEquals(new DeliveryResult(COUNT, received, lost, duplicated, reordered, 0, 0), check.result(sent));
    }

    @Test
    void shouldBeExactWhenAllCameInOrder() {
        receive(0, COUNT);
        assertResult(COUNT, 0, 0, 0);
        assertTrue(check.result(sent).isExact());
    }

    @Test
    void shouldFindLossWhenRecordsAreMissingInTheMiddle() {
        receive(0, 40);
        receive(43, COUNT);
        assertResult(COUNT - 3, 3, 0, 0);
        assertFalse(check.result(sent).isExact());
    }

    @Test
    void shouldFindLossWhenRecordsAreMissingAtTheStartAndTheEnd() {
        receive(2, COUNT - 5);
        assertResult(COUNT - 7, 7, 0, 0);
    }

    @Test
    void shouldFindLossWhenNothingCameOfAStream() {
        sent.stream(DemoTopic.ORDER_EVENTS, SYMBOL).add(messages.getFirst());
        receive(0, COUNT);
        assertEquals(1, check.result(sent).lost());
    }

    @Test
    void shouldFindDuplicatesWhenRecordsComeAgain() {
        receive(0, 50);
        receive(30, 50);
        receive(50, COUNT);
        receive(COUNT - 1);
        assertResult(COUNT, 0, 21, 0);
        assertFalse(check.result(sent).isExact());
    }

    @Test
    void shouldFindReorderingWhenRecordComesLate() {
        receive(0, 10);
        receive(11);
        receive(10);
        receive(12, COUNT);
        assertResult(COUNT, 0, 0, 1);
        assertFalse(check.result(sent).isExact());
    }

    @Test
    void shouldFindDuplicateWhenLateRecordComesTwice() {
        receive(0, 10);
        receive(11);
        receive(10);
        receive(10);
        receive(12, COUNT);
        assertResult(COUNT, 0, 1, 1);
    }

    @Test
    void shouldFindAlterationWhenContentDiffers() {
        receive(0, COUNT - 1);
        final byte[] altered = messages.getLast().clone();
        altered[40] ^= 1;
        check.onRecord(DemoTopic.MARKET_DATA, SYMBOL, COUNT - 1, ContentHash.of(altered));
        final DeliveryResult result = check.result(sent);
        assertEquals(1, result.altered());
        assertFalse(result.isExact());
    }

    @Test
    void shouldKeepStreamsApartWhenTopicOrSymbolDiffers() {
        receive(0, COUNT);
        final byte[] other = codec.encode(Events.at(0, "ARION", 1), 1, 0, 0);
        final long otherSymbol = OrderEventCodec.symbolBits("ARION");
        for (final DemoTopic topic : DemoTopic.values()) {
            sent.stream(topic, otherSymbol).add(other);
            check.onRecord(topic, otherSymbol, 0, ContentHash.of(other));
        }
        final DeliveryResult result = check.result(sent);
        assertEquals(COUNT + 2, result.received());
        assertTrue(result.isExact());
    }

    @Test
    void shouldCountAsForeignWhenSequenceIsImpossible() {
        receive(0, COUNT);
        check.onRecord(DemoTopic.MARKET_DATA, SYMBOL, Long.MAX_VALUE / 2, 0);
        check.onForeign();
        assertEquals(2, check.result(sent).foreign());
        assertTrue(check.result(sent).isExact());
    }

    /** Whatever is planted is found, to the record. */
    @Property
    void shouldCountExactlyWhatWasPlantedWhenDeliveryIsBad(
            @ForAll final long seed,
            @ForAll @IntRange(max = 20) final int losses,
            @ForAll @IntRange(max = 20) final int repeats) {
        send();
        final Random random = new Random(seed);
        final List<Integer> order = new ArrayList<>();
        for (int i = 0; i < COUNT; i++) {
            order.add(i);
        }
        Collections.shuffle(order, random);
        final List<Integer> lost = order.subList(0, losses);
        final List<Integer> coming = new ArrayList<>(order.subList(losses, COUNT));
        Collections.sort(coming);
        for (int i = 0; i < repeats; i++) {
            final int position = random.nextInt(coming.size());
            coming.add(position + 1 + random.nextInt(coming.size() - position), coming.get(position));
        }
        coming.forEach(this::receive);
        final DeliveryResult result = check.result(sent);
        assertEquals(lost.size(), result.lost());
        assertEquals(repeats, result.duplicated());
        assertEquals(COUNT - losses, result.received());
        assertEquals(0, result.reordered());
    }
}
