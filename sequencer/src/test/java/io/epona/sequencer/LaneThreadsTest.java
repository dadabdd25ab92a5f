package io.epona.sequencer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.epona.codec.lane.LaneResult;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Several gateways on threads of their own, the lane on one, and whoever moves the counters on another. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class LaneThreadsTest {
    private static final int GATEWAYS = 3;
    private static final int PARTITIONS = 4;
    private static final int BATCHES = 15_000;
    private static final int MAX_IN_FLIGHT = 100;

    private final LaneHarness harness = LaneHarness.started(new LaneHarness.Sizes(
            1 << 17, 1 << 17, 4, 8192, 1 << 17, LaneLimits.minReplyRingLength(MAX_IN_FLIGHT), GATEWAYS));
    private final AtomicBoolean isRunning = new AtomicBoolean(true);
    private final AtomicReference<Throwable> failure = new AtomicReference<>();

    /** A gateway with one idempotent producer for each partition; sends each tenth batch twice. */
    private final class Gateway {
        private final int id;
        private final List<Reply> replies = new ArrayList<>();
        private final int[] sequences = new int[PARTITIONS];
        private long offered;

        Gateway(final int id) {
            this.id = id;
        }

        void run() {
            for (int i = 0; i < BATCHES; i++) {
                final int partition = (i + id) % PARTITIONS;
                final UnsafeBuffer batch = Batches.idempotent(id, 0, sequences[partition], 2);
                offer(partition, batch);
                if (i % 10 == 0) {
                    offer(partition, batch);
                }
                sequences[partition] += 2;
            }
            while (replies.size() < offered && isRunning.get()) {
                poll();
            }
        }

        private void offer(final int partition, final UnsafeBuffer batch) {
            while (isRunning.get()) {
                poll();
                if (offered - replies.size() < MAX_IN_FLIGHT
                        && harness.proxies
                                .get(id)
                                .offerAppend(
                                        offered,
                                        partition,
                                        LaneHarness.LEADER_EPOCH,
                                        System.nanoTime(),
                                        batch,
                                        0,
                                        batch.capacity())) {
                    offered++;
                    return;
                }
                Thread.onSpinWait();
            }
        }

        private void poll() {
            harness.replyRings.get(id).read((type, buffer, offset, length) -> replies.add(Reply.of(buffer, offset)));
        }
    }

    private Thread start(final String name, final Runnable work) {
        final Thread thread = new Thread(
                () -> {
                    try {
                        work.run();
                    } catch (final Throwable ex) {
                        failure.compareAndSet(null, ex);
                        isRunning.set(false);
                    }
                },
                name);
        thread.start();
        return thread;
    }

    @Test
    void shouldAnswerEveryGatewayOnceAndInOrderWhenTheyShareALane() throws InterruptedException {
        final Thread lane = start("lane", () -> {
            while (isRunning.get()) {
                harness.lane.doWork();
            }
        });
        final Thread readers = start("readers", () -> {
            while (isRunning.get()) {
                harness.catchUp();
                Thread.yield();
            }
        });
        final List<Gateway> gateways = new ArrayList<>();
        final List<Thread> threads = new ArrayList<>();
        for (int id = 0; id < GATEWAYS; id++) {
            final Gateway gateway = new Gateway(id);
            gateways.add(gateway);
            threads.add(start("gateway-" + id, gateway::run));
        }
        try {
            for (final Thread thread : threads) {
                thread.join();
            }
        } finally {
            isRunning.set(false);
            lane.join();
            readers.join();
        }
        assertNull(failure.get());
        check(gateways);
    }

    private void check(final List<Gateway> gateways) {
        final boolean[][] isTaken = new boolean[PARTITIONS][GATEWAYS * BATCHES * 2 / PARTITIONS];
        final long[] counts = new long[PARTITIONS];
        for (final Gateway gateway : gateways) {
            final long[] last = {-1, -1, -1, -1};
            long correlationId = 0;
            for (final Reply reply : gateway.replies) {
                assertEquals(correlationId++, reply.correlationId());
                final int partition = reply.partitionIndex();
                if (reply.result() == LaneResult.DUPLICATE) {
                    assertEquals(last[partition], reply.baseOffset());
                } else {
                    assertEquals(LaneResult.OK, reply.result());
                    isTaken[partition][(int) reply.baseOffset()] = true;
                    isTaken[partition][(int) reply.baseOffset() + 1] = true;
                    counts[partition] += 2;
                    last[partition] = reply.baseOffset();
                }
            }
            assertEquals(gateway.offered, correlationId);
        }
        for (int partition = 0; partition < PARTITIONS; partition++) {
            assertEquals(counts[partition], harness.state.nextOffset(partition));
            final boolean[] all = new boolean[isTaken[partition].length];
            java.util.Arrays.fill(all, true);
            assertArrayEquals(all, isTaken[partition], "an offset was given twice or not at all");
        }
        assertEquals(0, harness.meters.malformed().get());
        assertEquals(0, harness.meters.replyRingFull().get(), "gateways keep their bound");
    }
}
