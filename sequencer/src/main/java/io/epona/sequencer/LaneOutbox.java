package io.epona.sequencer;

import io.epona.codec.replication.FollowRequestEncoder;
import io.epona.codec.replication.FollowResponseEncoder;
import io.epona.codec.replication.FollowVerdict;
import io.epona.codec.replication.FollowerAckEncoder;
import io.epona.codec.replication.InSyncProposalEncoder;
import io.epona.codec.replication.ResignationEncoder;
import io.epona.codec.replication.StartFeedEncoder;
import io.epona.codec.replication.StopFeedsEncoder;
import io.epona.runtime.Signal;
import org.agrona.concurrent.ringbuffer.RingBuffer;
import org.agrona.concurrent.status.AtomicCounter;

/**
 * What a lane says to other replicas, to the sender of its node, and to the controller. Owned by the lane's thread;
 * wait-free; allocates nothing. A message that finds no room is counted and not sent: the caller says it again later,
 * or the other side asks again.
 */
final class LaneOutbox {
    private final int laneId;
    private final LaneReplication.Node node;
    private final RingBuffer outbox;
    private final RingBuffer proposals;
    private final Signal onOutbox;
    private final Signal onProposal;
    private final AtomicCounter full;
    private final AtomicCounter proposed;
    private final FollowRequestEncoder request = new FollowRequestEncoder();
    private final FollowResponseEncoder response = new FollowResponseEncoder();
    private final FollowerAckEncoder ack = new FollowerAckEncoder();
    private final StartFeedEncoder startFeed = new StartFeedEncoder();
    private final StopFeedsEncoder stopFeeds = new StopFeedsEncoder();
    private final InSyncProposalEncoder proposal = new InSyncProposalEncoder();
    private final ResignationEncoder resignation = new ResignationEncoder();
    private int stopFeedsEpoch;

    LaneOutbox(final int laneId, final LaneReplication replication) {
        final LaneReplication.Rings rings = replication.rings();
        this.laneId = laneId;
        this.node = replication.node();
        this.outbox = null == rings ? null : rings.outbox();
        this.proposals = null == rings ? null : rings.proposals();
        this.onOutbox = null == rings ? Signal.NONE : rings.onOutbox();
        this.onProposal = null == rings ? Signal.NONE : rings.onProposal();
        this.full = replication.meters().outboxFull();
        this.proposed = replication.meters().proposals();
    }

    private int claim(final int templateId, final int length) {
        final int claim = outbox.tryClaim(templateId, length);
        if (claim < 0) {
            full.incrementPlain();
        }
        return claim;
    }

    private boolean commit(final int claim) {
        outbox.commit(claim);
        onOutbox.signal();
        return true;
    }

    boolean followRequest(final Assignment assignment, final LaneLog log) {
        final int claim = claim(FollowRequestEncoder.TEMPLATE_ID, FollowRequestEncoder.BLOCK_LENGTH);
        if (claim < 0) {
            return false;
        }
        request.wrap(outbox.buffer(), claim)
                .laneId(laneId)
                .fromNode(node.nodeId())
                .toNode(assignment.leader())
                .incarnation(node.incarnation())
                .leaderEpoch(assignment.leaderEpoch())
                .lastEpoch(log.epochs().lastEpoch())
                .endPosition(log.end())
                .durablePosition(log.durable());
        return commit(claim);
    }

    boolean followResponse(
            final int toNode,
            final int leaderEpoch,
            final FollowVerdict verdict,
            final int epoch,
            final long position,
            final long committedPosition) {
        final int claim = claim(FollowResponseEncoder.TEMPLATE_ID, FollowResponseEncoder.BLOCK_LENGTH);
        if (claim < 0) {
            return false;
        }
        response.wrap(outbox.buffer(), claim)
                .laneId(laneId)
                .fromNode(node.nodeId())
                .toNode(toNode)
                .verdict(verdict)
                .leaderEpoch(leaderEpoch)
                .epoch(epoch)
                .position(position)
                .committedPosition(committedPosition);
        return commit(claim);
    }

    boolean followerAck(
            final Assignment assignment,
            final long receivedPosition,
            final long durablePosition,
            final boolean hasGap,
            final boolean hearsMulticast) {
        final int claim = claim(FollowerAckEncoder.TEMPLATE_ID, FollowerAckEncoder.BLOCK_LENGTH);
        if (claim < 0) {
            return false;
        }
        ack.wrap(outbox.buffer(), claim)
                .laneId(laneId)
                .fromNode(node.nodeId())
                .toNode(assignment.leader())
                .hasGap((short) (hasGap ? 1 : 0))
                .hearsMulticast((short) (hearsMulticast ? 1 : 0))
                .leaderEpoch(assignment.leaderEpoch())
                .incarnation(node.incarnation())
                .receivedPosition(receivedPosition)
                .durablePosition(durablePosition);
        return commit(claim);
    }

    boolean startFeed(final int toNode, final int leaderEpoch, final long position) {
        if (stopFeedsEpoch != 0 && !pollStopFeeds()) {
            return false;
        }
        final int claim = claim(StartFeedEncoder.TEMPLATE_ID, StartFeedEncoder.BLOCK_LENGTH);
        if (claim < 0) {
            return false;
        }
        startFeed
                .wrap(outbox.buffer(), claim)
                .laneId(laneId)
                .reserved(0)
                .toNode(toNode)
                .reserved2(0)
                .leaderEpoch(leaderEpoch)
                .reserved3(0)
                .position(position)
                .reserved4(0);
        return commit(claim);
    }

    /** This node leads no more. Said as soon as there is room, and before anything that a later tenure says. */
    void stopFeeds(final int leaderEpoch) {
        stopFeedsEpoch = leaderEpoch;
        pollStopFeeds();
    }

    /** Says what there was no room for; false when there still is none. */
    boolean pollStopFeeds() {
        if (stopFeedsEpoch == 0) {
            return true;
        }
        final int claim = claim(StopFeedsEncoder.TEMPLATE_ID, StopFeedsEncoder.BLOCK_LENGTH);
        if (claim < 0) {
            return false;
        }
        stopFeeds
                .wrap(outbox.buffer(), claim)
                .laneId(laneId)
                .reserved(0)
                .reserved2(0)
                .leaderEpoch(stopFeedsEpoch)
                .reserved3(0);
        stopFeedsEpoch = 0;
        return commit(claim);
    }

    /** Asks the controller to let another replica lead. */
    boolean resign(final Assignment assignment) {
        final int claim = proposals.tryClaim(ResignationEncoder.TEMPLATE_ID, ResignationEncoder.BLOCK_LENGTH);
        if (claim < 0) {
            full.incrementPlain();
            return false;
        }
        resignation
                .wrap(proposals.buffer(), claim)
                .laneId(laneId)
                .reserved(0)
                .reserved2(0)
                .leaderEpoch(assignment.leaderEpoch())
                .reserved3(0);
        proposals.commit(claim);
        onProposal.signal();
        return true;
    }

    /** Proposes in-sync replicas to the controller, in place of those of the assignment. */
    boolean propose(final Assignment assignment, final int inSyncBits) {
        final int claim = proposals.tryClaim(InSyncProposalEncoder.TEMPLATE_ID, InSyncProposalEncoder.BLOCK_LENGTH);
        if (claim < 0) {
            full.incrementPlain();
            return false;
        }
        proposal.wrap(proposals.buffer(), claim)
                .laneId(laneId)
                .inSyncCount((short) Integer.bitCount(inSyncBits))
                .reserved((short) 0)
                .reserved2(0)
                .leaderEpoch(assignment.leaderEpoch())
                .version(assignment.version())
                .reserved3(0);
        int remaining = inSyncBits;
        for (int i = 0; i < InSyncProposalEncoder.inSyncLength(); i++) {
            proposal.inSync(i, remaining == 0 ? -1 : Integer.numberOfTrailingZeros(remaining));
            remaining &= remaining - 1;
        }
        proposals.commit(claim);
        proposed.incrementPlain();
        onProposal.signal();
        return true;
    }
}
