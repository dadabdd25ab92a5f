package io.epona.gateway.produce;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.epona.runtime.LaneRole;
import io.epona.runtime.testing.Allocation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class PendingAnswersTest {
    private final LaneRole role = LaneRole.onHeap();
    private final PendingAnswers answers = new PendingAnswers(role);
    private final List<String> heard = new ArrayList<>();

    private long position;
    private long acknowledged;

    private class Batch extends PendingAnswers.Pending {
        final String name;
        boolean isAnswered;

        Batch(final String name) {
            this.name = name;
        }

        @Override
        protected boolean isAnswered() {
            return isAnswered;
        }

        @Override
        protected void onAcknowledged() {
            heard.add(name + " acknowledged");
        }

        @Override
        protected void onTooFewReplicas() {
            heard.add(name + " too few");
        }

        @Override
        protected void onLeadershipLost() {
            heard.add(name + " lost");
        }
    }

    private void lead(final int epoch, final int inSync) {
        role.inSync().setRelease(inSync);
        role.readyPosition().setRelease(0);
        role.leadingEpoch().setRelease(epoch);
    }

    private Batch add(final String name, final long endPosition, final int epoch, final int minInSync) {
        final Batch batch = new Batch(name);
        answers.add(batch, endPosition, epoch, minInSync);
        return batch;
    }

    @Test
    void shouldAcknowledgeInOrderWhenThePositionReachesTheEnd() {
        lead(1, 3);
        add("a", 100, 1, 2);
        add("b", 200, 1, 0);
        assertEquals(0, answers.poll(99));
        assertEquals(1, answers.poll(100));
        assertEquals(List.of("a acknowledged"), heard);
        assertEquals(1, answers.poll(300));
        assertEquals(List.of("a acknowledged", "b acknowledged"), heard);
        assertEquals(0, answers.size());
    }

    @Test
    void shouldFailAllAtOnceWhenTheLaneIsLedByAnotherNodeThoughThePositionPassesTheirEnd() {
        lead(1, 3);
        add("a", 100, 1, 0);
        add("b", 200, 1, 0);
        role.clear();
        assertEquals(2, answers.poll(150));
        assertEquals(List.of("a lost", "b lost"), heard);
    }

    @Test
    void shouldFailThoseOfTheFormerTenureOnlyWhenThisNodeLeadsAgain() {
        lead(1, 3);
        add("a", 100, 1, 0);
        lead(3, 3);
        add("b", 90, 3, 0);
        add("c", 120, 3, 0);
        assertEquals(2, answers.poll(100));
        assertEquals(List.of("a lost", "b acknowledged"), heard);
        assertEquals(1, answers.size());
    }

    @Test
    void shouldTellThatReplicasWereTooFewWhenSomeLeftBeforeTheCommit() {
        lead(1, 3);
        add("a", 100, 1, 3);
        add("b", 100, 1, 2);
        lead(1, 2);
        assertEquals(2, answers.poll(100));
        assertEquals(List.of("a too few", "b acknowledged"), heard);
    }

    @Test
    void shouldForgetWhatWasAnsweredInAnotherWay() {
        lead(1, 1);
        add("a", 100, 1, 0).isAnswered = true;
        add("b", 200, 1, 0);
        assertEquals(1, answers.poll(0));
        role.clear();
        assertEquals(1, answers.poll(0));
        assertEquals(List.of("b lost"), heard);
    }

    @Test
    void shouldAllocateNothingInSteadyState() {
        lead(1, 3);
        final Batch[] batches = new Batch[64];
        Arrays.setAll(batches, i -> new Batch("b") {
            @Override
            protected void onAcknowledged() {
                acknowledged++;
            }
        });
        final long bytes = Allocation.bytesPerRun(2_000, () -> {
            for (final Batch batch : batches) {
                answers.add(batch, ++position, 1, 2);
            }
            answers.poll(position - batches.length / 2);
            answers.poll(position);
        });
        assertEquals(0, bytes);
        assertEquals(position, acknowledged);
    }

    /** Whatever happens in whatever order, each batch hears once, and good news only of its own tenure. */
    @Property(tries = 300)
    void shouldAnswerEachBatchOnceAndRightly(@ForAll final long seed) {
        final Random random = new Random(seed);
        role.clear();
        heard.clear();
        final List<String> expected = new ArrayList<>();
        final List<long[]> waiting = new ArrayList<>();
        int epoch = 1;
        long appended = 0;
        long committed = 0;
        int count = 0;
        lead(epoch, 2);
        boolean isLeading = true;
        for (int step = 0; step < 200; step++) {
            final int what = random.nextInt(10);
            if (what < 5 && isLeading) {
                appended += 1 + random.nextInt(100);
                add("b" + count, appended, epoch, 0);
                waiting.add(new long[] {count++, appended, epoch});
            } else if (what == 9) {
                isLeading = !isLeading;
                if (isLeading) {
                    epoch += 1 + random.nextInt(3);
                    lead(epoch, 2);
                } else {
                    role.clear();
                    appended = committed + random.nextInt((int) (appended - committed) + 1);
                }
            } else {
                // Another leader may fill the same positions with other frames.
                appended = isLeading ? appended : appended + random.nextInt(200);
                committed += random.nextInt((int) (appended - committed) + 1);
                while (!waiting.isEmpty()) {
                    final long[] head = waiting.getFirst();
                    final boolean isLost = !isLeading || head[2] != epoch;
                    if (!isLost && head[1] > committed) {
                        break;
                    }
                    expected.add("b" + head[0] + (isLost ? " lost" : " acknowledged"));
                    waiting.removeFirst();
                }
                answers.poll(committed);
                assertEquals(expected, heard);
            }
        }
        role.clear();
        answers.poll(Long.MAX_VALUE);
        assertEquals(count, heard.size());
    }
}
