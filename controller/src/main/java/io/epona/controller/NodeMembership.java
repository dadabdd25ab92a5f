package io.epona.controller;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a node does by itself as a member of a cell: registers, again with each connection to the control log; proposes
 * as a leader that replicas leave the in-sync replicas when it learns from the image that they are gone or in doubt;
 * sees that another process took its place. Images come on the controller's thread; the rest is any thread's.
 */
final class NodeMembership {
    private static final Logger LOG = LoggerFactory.getLogger(NodeMembership.class);

    private final CellController controller;
    private final int nodeId;
    private final CommandTimer timer;
    private final Map<Integer, InSyncChange> proposed = new HashMap<>();
    private final List<CompletableFuture<List<Integer>>> shutdowns = new ArrayList<>();
    private volatile NodeRegistration registration;
    private volatile boolean isConnected;
    private boolean wasRegistered;

    NodeMembership(CellController controller, int nodeId, CommandTimer timer) {
        this.controller = controller;
        this.nodeId = nodeId;
        this.timer = timer;
    }

    CompletableFuture<Void> register(NodeRegistration nodeRegistration) {
        registration = nodeRegistration;
        return submitUntilDone(new ControlCommand.RegisterNode(nodeRegistration));
    }

    /** On the log's thread. */
    void onDisconnected() {
        isConnected = false;
        LOG.warn("connection to the control log is lost: node={}", nodeId);
    }

    /** On the log's thread. */
    void onConnected(long sessionId) {
        isConnected = true;
        NodeRegistration current = registration;
        if (current == null) {
            return;
        }
        LOG.info("connected to the control log again, registering: node={}, session={}", nodeId, sessionId);
        submitUntilDone(new ControlCommand.RegisterNode(current)).whenComplete((done, error) -> {
            if (error != null && controller.isRunning()) {
                controller.failBecause(error);
            }
        });
    }

    /**
     * Submits a command until it is carried out or refused for good. It may be carried out more than once.
     *
     * @return completes with its result.
     */
    <R> CompletableFuture<R> submitUntilDone(ControlCommand<R> command) {
        CompletableFuture<R> result = new CompletableFuture<>();
        submitUntilDone(command, result);
        return result;
    }

    private <R> void submitUntilDone(ControlCommand<R> command, CompletableFuture<R> result) {
        controller.submit(command, ControllerLimits.RETRY_TIMEOUT_MS).whenComplete((response, error) -> {
            Throwable cause = error instanceof CompletionException ? error.getCause() : error;
            if (cause == null) {
                result.complete(response);
            } else if (cause instanceof RetriableException && controller.isRunning()) {
                afterPause(() -> submitAgain(command, result));
            } else {
                result.completeExceptionally(cause);
            }
        });
    }

    /** Not before there is a connection: what was submitted without one still waits for it. */
    private <R> void submitAgain(ControlCommand<R> command, CompletableFuture<R> result) {
        if (isConnected || !controller.isRunning()) {
            submitUntilDone(command, result);
        } else {
            afterPause(() -> submitAgain(command, result));
        }
    }

    private void afterPause(Runnable task) {
        CompletableFuture<Void> pause = new CompletableFuture<>();
        pause.whenComplete((done, over) -> task.run());
        timer.failAfter(pause, ControllerLimits.RETRY_INTERVAL_MS);
    }

    CompletableFuture<List<Integer>> shutDown(int timeoutMs) {
        CompletableFuture<List<Integer>> relieved = new CompletableFuture<>();
        if (ReplicaAssignments.isOneNode(controller.image())) {
            relieved.complete(List.of());
            return relieved;
        }
        registration = null; // a later connection is no reason to come back
        timer.failAfter(relieved, timeoutMs);
        submitUntilDone(new ControlCommand.ControlledShutdown()).whenComplete((done, error) -> {
            if (error != null) {
                relieved.completeExceptionally(error);
                return;
            }
            controller.afterImages(() -> {
                shutdowns.add(relieved);
                completeShutdowns(controller.image());
            });
        });
        return relieved.handle((led, error) -> {
            if (error == null) {
                return led;
            }
            throw new CompletionException(
                    error instanceof java.util.concurrent.TimeoutException
                            ? new TimeoutException("Other nodes have not taken over within " + timeoutMs + " ms.")
                            : error);
        });
    }

    /** On the controller's thread. */
    void onImage(ClusterImage old, ClusterImage now) {
        if (ReplicaAssignments.isOneNode(now)) {
            return;
        }
        warnOfDeadLanes(old, now);
        BrokerInfo self = now.broker(nodeId);
        boolean isRegistered = self != null && self.incarnationId().equals(controller.incarnationId());
        if (wasRegistered && !isRegistered) {
            controller.failBecause(new IllegalStateException("another process has registered as this node: node="
                    + nodeId + ", incarnation=" + self.incarnationId() + "; stop one of the two"));
            return;
        }
        wasRegistered = isRegistered;
        if (isRegistered && !self.fenced()) {
            LaneDecisions.dueProposals(now, nodeId).forEach(this::propose);
        }
        completeShutdowns(now);
    }

    private void propose(InSyncChange due) {
        if (due.equals(proposed.get(due.laneId()))) {
            return;
        }
        proposed.put(due.laneId(), due);
        LOG.info("proposing smaller in-sync replicas: node={}, proposal={}", nodeId, due);
        ControlCommand.ProposeInSync command = new ControlCommand.ProposeInSync(due);
        controller.submit(command, ControllerLimits.MIN_COMMAND_TIMEOUT_MS).whenComplete((refusal, error) -> {
            if (error != null && controller.isRunning()) {
                LOG.warn("proposal of smaller in-sync replicas has failed: node={}, proposal={}", nodeId, due, error);
                afterPause(() -> controller.afterImages(() -> retry(due)));
            }
        });
    }

    private void retry(InSyncChange failed) {
        if (proposed.remove(failed.laneId(), failed)) {
            LaneDecisions.dueProposals(controller.image(), nodeId).forEach(this::propose);
        }
    }

    private void completeShutdowns(ClusterImage image) {
        if (shutdowns.isEmpty()) {
            return;
        }
        List<Integer> led = new ArrayList<>();
        for (LaneInfo lane : image.lanes()) {
            if (lane.leader() == nodeId) {
                led.add(lane.laneId());
            } else if (!lane.isOffline()
                    && lane.isr().contains(nodeId)
                    && lane.isr().size() > LaneElection.majority(lane)) {
                return; // its leader still waits for this node, and can do without
            }
        }
        shutdowns.forEach(relieved -> relieved.complete(led));
        shutdowns.clear();
    }

    private void warnOfDeadLanes(ClusterImage old, ClusterImage now) {
        for (LaneInfo lane : now.lanes()) {
            boolean wasThere = lane.laneId() < old.lanes().size();
            if (wasThere && old.lane(lane.laneId()) == lane || !lane.isOffline()) {
                continue;
            }
            int last = lane.isr().getFirst();
            if (lane.isr().size() == 1 && now.standing(last, lane.laneId()) == Standing.LOST) {
                LOG.error(
                        "lane {} is offline for good: its last in-sync replica, node {}, has lost it. Acknowledged"
                                + " records may be missing on all other nodes; bring back the data directory of that"
                                + " node",
                        lane.laneId(),
                        last);
            } else if (lane.leaderEpoch() > 0) { // the lanes of a new cell have none until their nodes register
                LOG.warn("lane {} has no leader: {}", lane.laneId(), lane);
            }
        }
    }
}
