package io.epona.gateway.produce;

import io.epona.controller.PartitionInfo;
import io.epona.gateway.LeaderHints;
import io.epona.gateway.net.Deadline;
import io.epona.gateway.net.DeadlineQueue;
import io.epona.gateway.net.Exchange;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.message.ProduceResponseData.LeaderIdAndEpoch;
import org.apache.kafka.common.message.ProduceResponseData.NodeEndpoint;
import org.apache.kafka.common.message.ProduceResponseData.PartitionProduceResponse;
import org.apache.kafka.common.protocol.Errors;

/**
 * A produce request in progress: its batches are offered to their lanes one after another, and it is answered when each
 * has its answer, or the time that the client gave is over. Gateway thread only.
 */
final class ProduceOperation extends Deadline {
    /** From this version on clients read the present leader out of a response. */
    private static final short FIRST_VERSION_WITH_LEADER = 10;

    private static final short ACKS_NONE = 0;
    private static final long NO_OFFSET = -1;

    /** How long a new leader's node lets a client wait until it leads: longer than any but a faulty one takes. */
    private static final long LEADER_WAIT_NS = TimeUnit.SECONDS.toNanos(1);

    private final Exchange exchange;
    private final short acks;
    private final String transactionalId;
    private final DeadlineQueue deadlines;
    private final LeaderHints hints;
    private final ProduceResponseData response = new ProduceResponseData();
    private final List<PendingAppend> appends = new ArrayList<>(1);

    private int offeredCount;
    private int openCount;
    private boolean hasError;
    private boolean isHoldingBack;
    private boolean awaitsLeader;
    private long leaderDeadlineNs;
    private boolean isDone;

    ProduceOperation(
            final Exchange exchange,
            final short acks,
            final String transactionalId,
            final DeadlineQueue deadlines,
            final LeaderHints hints) {
        this.exchange = exchange;
        this.acks = acks;
        this.transactionalId = transactionalId;
        this.deadlines = deadlines;
        this.hints = hints;
    }

    Exchange exchange() {
        return exchange;
    }

    short acks() {
        return acks;
    }

    /** Null when the request belongs to no transaction. */
    String transactionalId() {
        return transactionalId;
    }

    ProduceResponseData response() {
        return response;
    }

    void add(final PendingAppend append) {
        appends.add(append);
        openCount++;
    }

    /** The next batch to offer; null when all are offered, or nobody wants the rest any more. */
    PendingAppend nextToOffer() {
        return isDone || offeredCount == appends.size() ? null : appends.get(offeredCount);
    }

    void onOffered() {
        offeredCount++;
        if (offeredCount == appends.size()) {
            if (transactionalId == null) {
                exchange.releaseFrame();
            } // else the lanes may want to have batches again that were verified meanwhile
            finishIfAnswered();
        }
    }

    /** Later requests of the connection wait until {@link #letOthersGo()}: they must not overtake this one. */
    void holdOthersBack() {
        isHoldingBack = true;
        exchange.holdFrame();
        exchange.holdBack(true);
    }

    /** Harmless when this one holds nobody back, so that it never frees those that a later one holds back. */
    void letOthersGo() {
        if (isHoldingBack) {
            isHoldingBack = false;
            exchange.holdBack(false);
        }
    }

    /** Whether it may still wait for this node to lead a partition, as the newest metadata say that it does. */
    boolean mayAwaitLeader(final PartitionInfo partition, final long nowNs) {
        if (!awaitsLeader) {
            awaitsLeader = true;
            leaderDeadlineNs = nowNs + LEADER_WAIT_NS;
        }
        return nowNs - leaderDeadlineNs < 0 && hints.isStillLedSo(partition);
    }

    void startTimer(final long deadlineNs) {
        if (acks != ACKS_NONE) {
            deadlines.schedule(this, deadlineNs);
        }
    }

    boolean isDone() {
        return isDone;
    }

    /** A partition has an error; its response object is part of {@link #response()}. */
    void refuse(final PartitionProduceResponse partition, final Errors error, final String message) {
        hasError = true;
        partition
                .setErrorCode(error.code())
                .setErrorMessage(message)
                .setBaseOffset(NO_OFFSET)
                .setLogAppendTimeMs(NO_OFFSET)
                .setLogStartOffset(NO_OFFSET);
    }

    /** This node does not lead a partition; the answer says who does, if the client's version can read that. */
    void refuseLeader(final PartitionProduceResponse response, final PartitionInfo partition) {
        refuse(response, Errors.NOT_LEADER_OR_FOLLOWER, null);
        if (exchange.apiVersion() < FIRST_VERSION_WITH_LEADER) {
            return;
        }
        final LeaderHints.Leader leader = hints.leaderOf(partition, exchange.listenerName());
        response.setCurrentLeader(
                new LeaderIdAndEpoch().setLeaderId(leader.nodeId()).setLeaderEpoch(leader.leaderEpoch()));
        if (leader.endpoint() != null && this.response.nodeEndpoints().find(leader.nodeId()) == null) {
            this.response
                    .nodeEndpoints()
                    .add(new NodeEndpoint()
                            .setNodeId(leader.nodeId())
                            .setHost(leader.endpoint().host())
                            .setPort(leader.endpoint().port())
                            .setRack(leader.rack()));
        }
    }

    /**
     * A lane says that it does not carry a partition. While the metadata have it, that is for the client to try again:
     * producers of older clients start their sequences anew when a topic seems to be gone.
     */
    void refuseUnknown(final PartitionProduceResponse response, final PartitionInfo partition) {
        if (hints.isKnown(partition)) {
            refuseLeader(response, partition);
        } else {
            refuse(response, Errors.UNKNOWN_TOPIC_OR_PARTITION, null);
        }
    }

    /** A batch has its answer, which is in its response object. */
    void onAnswered(final PendingAppend append) {
        if (!append.isAnswered) {
            append.isAnswered = true;
            openCount--;
            finishIfAnswered();
        }
    }

    /** Answers when nothing is open any more. Also for a request without any good batch. */
    void finishIfAnswered() {
        if (isDone) {
            return;
        }
        if (acks == ACKS_NONE ? offeredCount == appends.size() : openCount == 0) {
            finish();
        }
    }

    private void finish() {
        isDone = true;
        deadlines.cancel(this);
        exchange.releaseFrame();
        if (acks != ACKS_NONE) {
            exchange.respond(response);
        } else if (hasError) {
            // Nobody waits for a response, so a closed connection is the only way to say it; Kafka does the same.
            exchange.closeConnection("produce with acks=0 failed", "client=" + exchange.clientId());
        } else {
            exchange.respondNothing();
        }
    }

    /** The connection is gone: what was offered goes on, the rest is dropped. */
    void abandon() {
        isDone = true;
        deadlines.cancel(this);
    }

    @Override
    protected void onDeadline(final long nowNs) {
        for (final PendingAppend append : appends) {
            if (!append.isAnswered) {
                append.isAnswered = true;
                refuse(append.response, Errors.REQUEST_TIMED_OUT, null);
            }
        }
        openCount = 0;
        letOthersGo();
        finishIfAnswered();
    }
}
