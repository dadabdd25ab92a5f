package io.epona.sequencer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.agrona.concurrent.UnsafeBuffer;

/** Whatever is put into a lane's control and peers rings: the lane works on, and its log is what it was. */
class ReplicationRubbishPropertyTest {
    @Property(tries = 200)
    void shouldWorkOnWhenMessagesAreRubbish(@ForAll final long seed) {
        final Random random = new Random(seed);
        final LaneCell cell = LaneCell.led(3, 0);
        for (final CellNode node : cell.nodes) {
            for (int i = 0; i < 300; i++) {
                final byte[] bytes = new byte[random.nextInt(200)];
                random.nextBytes(bytes);
                // Some look as if they were from a node of the cell, and of the present epoch.
                if (bytes.length > 12 && random.nextBoolean()) {
                    final UnsafeBuffer message = new UnsafeBuffer(bytes);
                    message.putShort(2, (short) 1);
                    message.putInt(8, 1 + random.nextInt(3));
                }
                final int type = 1 + random.nextInt(random.nextBoolean() ? 4 : 40);
                final boolean isControl = random.nextInt(4) == 0 && type != 2 && type != 3;
                (isControl ? node.control : node.peers).write(type, new UnsafeBuffer(bytes), 0, bytes.length);
                node.step();
                node.follow();
            }
            assertFalse(node.lane.isFenced());
            node.errors.clear();
        }
        cell.proposals.clear();
        cell.leaderEpoch = 1_000_000;
        cell.elect(0);
        cell.run(400);
        assertEquals(cell.nodes[0].appended(), cell.nodes[0].committed());
        assertEquals(cell.nodes[0].appended(), cell.nodes[1].committed());
    }
}
