package io.epona.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.AgentTerminationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class AgentThreadTest {
    private final BlockingQueue<Throwable> errors = new LinkedBlockingQueue<>();
    private final BlockingQueue<Throwable> fatals = new LinkedBlockingQueue<>();
    private final List<String> closed = new CopyOnWriteArrayList<>();
    private final CountDownLatch started = new CountDownLatch(1);

    private interface Work {
        int run() throws Exception;
    }

    private Agent agent(final String role, final Work work) {
        return new Agent() {
            @Override
            public void onStart() {
                started.countDown();
            }

            @Override
            public int doWork() throws Exception {
                return work.run();
            }

            @Override
            public void onClose() {
                closed.add(role);
            }

            @Override
            public String roleName() {
                return role;
            }
        };
    }

    private AgentThread.Context context() {
        final IdleStrategies.Waiting waiting =
                IdleStrategies.byName("signalled", new IdleStrategies.Settings(1, 0, 1, TimeUnit.SECONDS.toNanos(30)));
        return AgentThread.Context.of(waiting, errors::add, (role, reason) -> fatals.add(reason));
    }

    @Test
    void shouldEndAtOnceWhenClosedWhileParked() throws InterruptedException {
        final CountDownLatch cycles = new CountDownLatch(4); // spin, arm, and then it parks for 30 s
        final AgentThread thread = AgentThread.start(
                agent("parked", () -> {
                    cycles.countDown();
                    return 0;
                }),
                context());
        assertTrue(started.await(60, TimeUnit.SECONDS));
        assertTrue(thread.isAlive());
        assertEquals("parked", thread.roleName());
        assertTrue(thread.close(60_000));
        assertEquals(List.of("parked"), closed);
        assertTrue(fatals.isEmpty());
        assertTrue(errors.isEmpty());
    }

    @Test
    void shouldReportAndGoOnWhenADutyCycleFails() throws InterruptedException {
        final IllegalStateException failure = new IllegalStateException("once");
        final CountDownLatch wentOn = new CountDownLatch(1);
        final boolean[] hasFailed = new boolean[1];
        try (AgentThread thread = AgentThread.start(
                agent("failing", () -> {
                    if (!hasFailed[0]) {
                        hasFailed[0] = true;
                        throw failure;
                    }
                    wentOn.countDown();
                    return 0;
                }),
                context())) {
            assertTrue(wentOn.await(60, TimeUnit.SECONDS));
            assertTrue(thread.isAlive());
        }
        assertSame(failure, errors.poll());
        assertTrue(fatals.isEmpty());
    }

    @Test
    void shouldBeFatalWhenTheAgentEndsByItself() throws InterruptedException {
        final AgentTerminationException reason = new AgentTerminationException("device failed");
        final AgentThread thread = AgentThread.start(
                agent("ending", () -> {
                    throw reason;
                }),
                context());
        assertSame(reason, fatals.poll(60, TimeUnit.SECONDS).getCause());
        assertSame(reason, errors.poll());
        assertTrue(thread.close(60_000));
        assertEquals(List.of("ending"), closed);
    }

    @Test
    void shouldBeFatalWhenTheAgentCannotStart() throws InterruptedException {
        final Agent agent = new Agent() {
            @Override
            public void onStart() {
                throw new IllegalStateException("no");
            }

            @Override
            public int doWork() {
                return 0;
            }

            @Override
            public String roleName() {
                return "unable";
            }
        };
        AgentThread.start(agent, context());
        assertInstanceOf(
                IllegalStateException.class, fatals.poll(60, TimeUnit.SECONDS).getCause());
    }

    @Test
    void shouldBeFatalWhenTheThreadIsInterrupted() throws InterruptedException {
        final AgentThread thread = AgentThread.start(
                agent("interrupted", () -> {
                    Thread.currentThread().interrupt();
                    return 0;
                }),
                context());
        assertNotNull(fatals.poll(60, TimeUnit.SECONDS));
        assertTrue(thread.close(60_000));
    }

    @Test
    void shouldBeFatalWhenTheCoreIsNotThere() throws InterruptedException {
        AgentThread.start(agent("misplaced", () -> 0), context().placed(ThreadPlacement.pinnedTo(1_000), () -> {}));
        final Throwable cause = fatals.poll(60, TimeUnit.SECONDS).getCause();
        assertTrue(cause.getMessage().contains("core=1000"), cause.getMessage());
    }

    @Test
    void shouldTellWhoDoesNotEndWhenOneHangs() throws InterruptedException {
        final CountDownLatch release = new CountDownLatch(1);
        final CountDownLatch hanging = new CountDownLatch(1);
        final AgentThreads threads = new AgentThreads();
        threads.start(agent("first", () -> 0), context());
        final AgentThread stuck = threads.start(
                agent("stuck", () -> {
                    hanging.countDown();
                    assertTrue(release.await(60, TimeUnit.SECONDS));
                    return 0;
                }),
                context());
        threads.start(agent("last", () -> 0), context());
        assertTrue(hanging.await(60, TimeUnit.SECONDS));
        assertEquals(List.of("stuck"), threads.close(2_000));
        assertEquals("last", closed.getFirst());
        release.countDown();
        assertTrue(stuck.close(60_000));
        assertTrue(errors.isEmpty(), errors::toString);
    }

    @Test
    void shouldCloseInReverseOrderAndKnowWhoEnded() {
        final AgentThreads threads = new AgentThreads();
        threads.start(agent("one", () -> 0), context());
        threads.start(agent("two", () -> 0), context());
        assertTrue(threads.ended().isEmpty());
        threads.close();
        assertEquals(List.of("two", "one"), closed);
        assertFalse(Thread.currentThread().isInterrupted());
    }
}
