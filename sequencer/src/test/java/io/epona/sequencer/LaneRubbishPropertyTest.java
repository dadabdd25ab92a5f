package io.epona.sequencer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.epona.codec.lane.AppendCommandEncoder;
import io.epona.codec.lane.LaneResult;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import org.agrona.concurrent.UnsafeBuffer;

/** Rubbish on the command ring never ends the lane nor damages its log. */
class LaneRubbishPropertyTest {
    @Property(tries = 100, shrinking = ShrinkingMode.OFF)
    void shouldServeGoodCommandsWhenRubbishStandsBetweenThem(@ForAll final long seed) {
        final Random random = new Random(seed);
        final LaneHarness harness = LaneHarness.started();
        for (int round = 0; round < 50; round++) {
            final byte[] bytes = new byte[random.nextInt(600)];
            random.nextBytes(bytes);
            final UnsafeBuffer rubbish = new UnsafeBuffer(bytes);
            if (random.nextBoolean() && bytes.length > AppendCommandEncoder.BLOCK_LENGTH) {
                new AppendCommandEncoder()
                        .wrap(rubbish, 0)
                        .gatewayId(random.nextInt(3))
                        .leaderEpoch(1)
                        .batchLength(bytes.length - AppendCommandEncoder.BLOCK_LENGTH);
            }
            harness.commands.write(1 + random.nextInt(4), rubbish, 0, bytes.length);
            final long good = harness.offer(0, 0, Batches.plain(1, random.nextInt(500)));
            harness.runUntilIdle();
            harness.catchUp();
            harness.replies(1);
            final Reply last = harness.replies(0).getLast();
            assertEquals(good, last.correlationId());
            assertEquals(LaneResult.OK, last.result());
        }
    }
}
