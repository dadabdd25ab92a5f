package io.epona.controller.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.aeron.cluster.client.ClusterEvent;
import io.aeron.cluster.client.ClusterException;
import io.aeron.exceptions.AeronException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LogErrorHandlerTest {
    private final List<Throwable> fatal = new ArrayList<>();
    private final LogErrorHandler handler = new LogErrorHandler(fatal::add);

    @Test
    void shouldEndTheNodeWithARemedyWhenItCanNeverJoinItsLeader() {
        handler.onError(new ClusterEvent("followerLogAwait - joinPosition=11744 less than logPosition=11936"));
        assertEquals(1, fatal.size());
        assertInstanceOf(ClusterLogException.class, fatal.getFirst());
        String message = fatal.getFirst().getMessage();
        assertTrue(message.contains("start the node again"), message);
        assertTrue(message.contains("joinPosition=11744"), message);
    }

    @Test
    void shouldGoOnWhenWhatFailedIsTriedAgain() {
        handler.onError(new ClusterEvent("failed to join live log"));
        handler.onError(new ClusterEvent("followerLogAwait - joinPosition=12000 greater than logPosition=11936"));
        handler.onError(new ClusterException("slow", AeronException.Category.WARN));
        assertEquals(List.of(), fatal);
    }

    @Test
    void shouldEndTheNodeOnWhatAeronCallsFatalUnlessItCloses() {
        handler.onError(new ClusterException("no disk", AeronException.Category.FATAL));
        assertEquals(1, fatal.size());
        handler.closing();
        handler.onError(new ClusterException("no disk", AeronException.Category.FATAL));
        assertEquals(1, fatal.size());
    }
}
