package io.epona.controller;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import org.agrona.DirectBuffer;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.UnknownServerException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Drives the cell's state machine with what the control log delivers, on the log's thread, and hands images and answers
 * to the publisher.
 */
final class LogFollower implements ControlLogHandler {
    private static final Logger LOG = LoggerFactory.getLogger(LogFollower.class);

    private final Origin self;
    private final TopicConfigs topicConfigs;
    private final CellMachine machine;
    private final EffectLog effects;
    private final ImagePublisher publisher;
    private final PendingCommands pending;
    private final NodeMembership membership;
    private SnapshotCodec snapshot;

    /**
     * Begins.
     *
     * @param self node and incarnation whose commands are waited for here.
     * @param membership told of each connection.
     */
    LogFollower(
            Origin self,
            TopicConfigs topicConfigs,
            EffectLog effects,
            ImagePublisher publisher,
            PendingCommands pending,
            NodeMembership membership) {
        this.self = self;
        this.topicConfigs = topicConfigs;
        this.machine = new CellMachine(topicConfigs, publisher.image());
        this.effects = effects;
        this.publisher = publisher;
        this.pending = pending;
        this.membership = membership;
    }

    @Override
    public void onCommand(long sessionId, long timestampMs, DirectBuffer buffer, int offset, int length) {
        if (!CommandCodec.isCommand(buffer, offset, length)) {
            LOG.warn("the control log has something that no node wrote, passed over: length={}", length);
            return;
        }
        Origin origin = CommandCodec.origin(buffer, offset);
        boolean isOwn =
                origin.nodeId() == self.nodeId() && origin.incarnationId().equals(self.incarnationId());
        CompletableFuture<Object> answer = isOwn ? pending.get(origin.correlationId()) : null;
        if (publisher.failure() != null) {
            fail(answer, ImagePublisher.asFailure(publisher.failure()));
            requireNoFailure();
        }
        Decision<?> decision;
        try {
            ControlCommand<?> command = read(buffer, offset, length);
            decision = machine.decide(sessionId, origin, command);
        } catch (UnknownCommandException e) {
            fail(answer, publisher.fail(e));
            throw e;
        } catch (ApiException e) {
            afterwards(() -> fail(answer, e));
            return;
        } catch (RuntimeException e) {
            // a fault of ours; every node comes to the same end, none has changed anything
            LOG.error("a command could not be decided: origin={}", origin, e);
            afterwards(() -> fail(answer, new UnknownServerException("The command could not be decided.", e)));
            return;
        }
        try {
            take(decision, answer);
        } catch (IOException | RuntimeException e) {
            RuntimeException failed = publisher.fail(e);
            fail(answer, failed);
            throw failed;
        }
    }

    @Override
    public void onSessionClosed(long sessionId, long timestampMs) {
        requireNoFailure();
        try {
            take(machine.decideSessionClosed(sessionId), null);
        } catch (IOException | RuntimeException e) {
            throw publisher.fail(e);
        }
    }

    @Override
    public void onConnected(long sessionId) {
        membership.onConnected(sessionId);
    }

    @Override
    public void onDisconnected() {
        membership.onDisconnected();
    }

    @Override
    public void onSnapshotPart(DirectBuffer buffer, int offset, int length) {
        if (snapshot == null) {
            snapshot = new SnapshotCodec();
        }
        snapshot.addPart(buffer, offset, length);
    }

    @Override
    public void onSnapshotEnd() {
        if (snapshot == null) {
            throw publisher.fail(new MetadataLogException("a snapshot of the cell's metadata is empty"));
        }
        try {
            machine.restore(snapshot.image(self.nodeId(), topicConfigs));
        } catch (RuntimeException e) {
            throw publisher.fail(e);
        }
        snapshot = null;
        publisher.publish(machine.image());
        LOG.info("metadata loaded from a snapshot: image={}", machine.image());
    }

    @Override
    public void takeSnapshot(SnapshotSink sink) {
        requireNoFailure();
        SnapshotCodec.write(machine.image(), sink);
    }

    private void take(Decision<?> decision, CompletableFuture<Object> answer) throws IOException {
        if (decision.records().isEmpty()) {
            afterwards(() -> succeed(answer, decision));
            return;
        }
        effects.append(decision.records());
        publisher.publish(machine.apply(decision.records())).whenComplete((done, error) -> {
            if (error == null) {
                succeed(answer, decision);
            } else {
                fail(answer, error);
            }
        });
    }

    /** What was passed over after a failure is not in the state: it must not be gone on with, nor kept. */
    private void requireNoFailure() {
        if (publisher.failure() != null) {
            throw ImagePublisher.asFailure(publisher.failure());
        }
    }

    private static ControlCommand<?> read(DirectBuffer buffer, int offset, int length) {
        try {
            return CommandCodec.command(buffer, offset, length);
        } catch (UnknownCommandException e) {
            throw e;
        } catch (RuntimeException e) {
            LOG.error("the control log has a command that cannot be read, passed over: length={}", length, e);
            throw new InvalidRequestException("The command cannot be read.", e);
        }
    }

    /** Answers come in the order of commands. */
    private void afterwards(Runnable task) {
        publisher.afterwards(() -> {
            task.run();
            return CompletableFuture.completedFuture(null);
        });
    }

    private static void succeed(CompletableFuture<Object> answer, Decision<?> decision) {
        if (answer != null) {
            answer.complete(decision.response());
        }
    }

    private static void fail(CompletableFuture<Object> answer, Throwable error) {
        if (answer != null) {
            answer.completeExceptionally(error);
        }
    }
}
