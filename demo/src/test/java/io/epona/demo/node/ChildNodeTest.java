package io.epona.demo.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** With shell scripts in the place of nodes. */
@Timeout(60)
class ChildNodeTest {
    private static final String READY = "echo 'epona: ready, kafka on 127.0.0.1:4711, metrics on 127.0.0.1:4712'; ";
    private static final ThreadFactory THREADS = Thread.ofPlatform().daemon().factory();

    private static ChildNode start(final String script) throws Exception {
        return ChildNode.start(List.of("/bin/sh", "-c", script), THREADS);
    }

    private static void awaitEnd(final ChildNode node) throws InterruptedException {
        ProcessHandle.of(node.pid()).ifPresent(process -> process.onExit().join());
    }

    @Test
    void shouldKnowAddressWhenNodeIsReady() throws Exception {
        try (ChildNode node = start("echo hello; " + READY + "exec cat")) {
            assertEquals(new NodeAddress("127.0.0.1:4711", "127.0.0.1:4712"), node.address());
            assertEquals(List.of("hello"), node.lastLines());
            node.check();
        }
    }

    @Test
    void shouldTellWhatNodeSaidWhenItDoesNotStart() {
        final NodeFailedException thrown = assertThrows(
                NodeFailedException.class, () -> start("echo 'epona start: no O_DIRECT here' >&2; exit 1"));
        assertEquals(
                "the node did not start (exit status 1); it said:\n  epona start: no O_DIRECT here",
                thrown.getMessage());
    }

    @Test
    void shouldTellWhenThereIsNoSuchProgram() {
        final NodeFailedException thrown =
                assertThrows(NodeFailedException.class, () -> ChildNode.start(List.of("/no/such/program"), THREADS));
        assertTrue(thrown.getMessage().startsWith("the node did not start (exit status 127)"), thrown.getMessage());
    }

    @Test
    void shouldTellWhenNodeEndsWhileItIsNeeded() throws Exception {
        try (ChildNode node = start(READY + "echo 'stopped by itself' >&2; exit 3")) {
            awaitEnd(node);
            final NodeFailedException thrown = assertThrows(NodeFailedException.class, node::check);
            assertEquals(
                    "the node ended while it was needed (exit status 3); it said:\n  stopped by itself",
                    thrown.getMessage());
        }
    }

    @Test
    void shouldKeepRunningWhenInterruptedFromTerminal() throws Exception {
        try (ChildNode node = start(READY + "cat; echo input ended")) {
            final Process kill = new ProcessBuilder("kill", "-INT", Long.toString(node.pid())).start();
            assertTrue(kill.waitFor(10, TimeUnit.SECONDS));
            node.check();
            assertTrue(ProcessHandle.of(node.pid()).orElseThrow().isAlive());
        }
    }

    @Test
    void shouldEndNodeWhenClosed() throws Exception {
        final ChildNode node = start(READY + "exec cat");
        final ProcessHandle process = ProcessHandle.of(node.pid()).orElseThrow();
        node.close();
        node.close();
        assertFalse(process.isAlive());
        node.check();
    }

    @Test
    void shouldReadAddressWhenLineIsTheReadyLine() {
        assertTrue(NodeAddress.inLine("epona: ready, kafka on [::1]:1, metrics on [::1]:2")
                .isPresent());
        assertTrue(NodeAddress.inLine("epona: ready").isEmpty());
    }
}
