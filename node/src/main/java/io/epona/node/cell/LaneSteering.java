package io.epona.node.cell;

import io.epona.codec.replication.InSyncProposalDecoder;
import io.epona.codec.replication.ResignationDecoder;
import io.epona.controller.BrokerInfo;
import io.epona.controller.ClusterController;
import io.epona.controller.ClusterImage;
import io.epona.controller.ClusterListener;
import io.epona.controller.InSyncChange;
import io.epona.controller.LaneInfo;
import io.epona.runtime.NodeClock;
import io.epona.sequencer.LaneControlProxy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.MessageHandler;
import org.agrona.concurrent.ringbuffer.RingBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Between the controller and the lanes of a node: tells each lane what was decided about it, and the controller what
 * each lane proposes. Lanes hear only what was decided after this start of the node was registered.
 *
 * <p>Told by the controller's thread as soon as something changes; looks again, for what had no room then and for
 * proposals, on a thread of its own, which never waits for a device: it has to get word out that a device stands still.
 */
public final class LaneSteering implements Agent, ClusterListener {
    private static final Logger LOGGER = LoggerFactory.getLogger(LaneSteering.class);
    private static final int PROPOSALS_PER_CYCLE = 16;
    /** How often the node asks to lead what prefers it, when it may. */
    private static final long CLAIM_INTERVAL_NS = TimeUnit.SECONDS.toNanos(5);

    /** A node that could not go on leading does not ask for it again so soon. */
    private static final long REST_NS = TimeUnit.SECONDS.toNanos(60);

    private final Membership membership;
    private final ClusterController controller;
    private final List<Steered> lanes = new ArrayList<>();
    private final NodeClock clock;
    private final InSyncProposalDecoder proposal = new InSyncProposalDecoder();
    private final MessageHandler proposalHandler = this::onProposal;
    private final ResignationDecoder resignation = new ResignationDecoder();
    private volatile long claimDueNs;
    private volatile IntConsumer onDamaged = laneId -> {};

    /** A lane and what it was told last. */
    private static final class Steered {
        final LaneControlProxy control;
        final RingBuffer proposals;
        LaneInfo told;
        int toldAliveBits;
        int[] toldIncarnations;
        boolean mustTell;

        Steered(final LaneControlProxy control, final RingBuffer proposals) {
            this.control = control;
            this.proposals = proposals;
        }
    }

    /**
     * A steering of no lanes yet.
     *
     * @param membership of this node
     * @param controller of the cell
     * @param clock paces the claims to lanes that prefer this node
     */
    public LaneSteering(final Membership membership, final ClusterController controller, final NodeClock clock) {
        this.membership = membership;
        this.controller = controller;
        this.clock = clock;
        this.claimDueNs = clock.nanoTime() + CLAIM_INTERVAL_NS;
    }

    /** Adds the next lane, before anything is told. */
    public void add(final LaneControlProxy control, final RingBuffer proposals) {
        lanes.add(new Steered(control, proposals));
    }

    @Override
    public void onImage(final ClusterImage old, final ClusterImage now) {
        steer(now);
    }

    @Override
    public int doWork() {
        int count = steer(controller.image());
        for (final Steered lane : lanes) {
            count += lane.proposals.read(proposalHandler, PROPOSALS_PER_CYCLE);
        }
        return count + pollClaims();
    }

    private int pollClaims() {
        final long nowNs = clock.nanoTime();
        if (nowNs - claimDueNs < 0) {
            return 0;
        }
        claimDueNs = nowNs + CLAIM_INTERVAL_NS;
        controller.claimPreferredLanes().whenComplete((laneIds, error) -> {
            if (error != null) {
                LOGGER.info("lanes that prefer this node were not claimed: {}", error.toString());
            } else if (!laneIds.isEmpty()) {
                LOGGER.info("claimed lanes that prefer this node: lanes={}", laneIds);
            }
        });
        return 1;
    }

    @Override
    public String roleName() {
        return "lane-steering";
    }

    private synchronized int steer(final ClusterImage image) {
        final BrokerInfo self = image.broker(membership.nodeId());
        if (self == null || !membership.incarnationId().equals(self.incarnationId())) {
            return 0;
        }
        int count = 0;
        final int aliveBits = aliveBits(image);
        final int[] incarnations = incarnations(image);
        for (int laneId = 0; laneId < lanes.size(); laneId++) {
            count += tell(lanes.get(laneId), image.lane(laneId), aliveBits, incarnations);
        }
        return count;
    }

    private static int tell(final Steered lane, final LaneInfo decided, final int aliveBits, final int[] incarnations) {
        final LaneInfo told = lane.told;
        final boolean isOlder =
                told != null && (decided.leaderEpoch() < told.leaderEpoch() || decided.version() < told.version());
        final boolean isSame = decided.equals(told)
                && aliveBits == lane.toldAliveBits
                && java.util.Arrays.equals(incarnations, lane.toldIncarnations);
        if (isOlder || (isSame && !lane.mustTell)) {
            return 0;
        }
        final boolean isTold = lane.control.offerAssignment(
                decided.leader(),
                decided.leaderEpoch(),
                decided.version(),
                decided.isr().stream().mapToInt(Integer::intValue).toArray(),
                aliveBits,
                incarnations);
        if (!isTold) {
            return 0; // no room: looked at again
        }
        lane.told = decided;
        lane.toldAliveBits = aliveBits;
        lane.toldIncarnations = incarnations;
        lane.mustTell = false;
        return 1;
    }

    private int aliveBits(final ClusterImage image) {
        int bits = 0;
        for (final var member : membership.members()) {
            final BrokerInfo broker = image.broker(member.nodeId());
            if (broker != null && !broker.fenced()) {
                bits |= 1 << member.nodeId();
            }
        }
        return bits;
    }

    private int[] incarnations(final ClusterImage image) {
        return membership.members().stream()
                .map(member -> image.broker(member.nodeId()))
                .mapToInt(broker -> broker == null ? 0 : Membership.shortOf(broker.incarnationId()))
                .toArray();
    }

    private void onProposal(final int typeId, final MutableDirectBuffer buffer, final int offset, final int length) {
        if (typeId == ResignationDecoder.TEMPLATE_ID) {
            resignation.wrap(buffer, offset, ResignationDecoder.BLOCK_LENGTH, ResignationDecoder.SCHEMA_VERSION);
            resign(resignation.laneId(), resignation.leaderEpoch(), false);
            return;
        }
        proposal.wrap(buffer, offset, InSyncProposalDecoder.BLOCK_LENGTH, InSyncProposalDecoder.SCHEMA_VERSION);
        final int laneId = proposal.laneId();
        final int leaderEpoch = proposal.leaderEpoch();
        final int version = proposal.version();
        final List<Integer> isr = new ArrayList<>();
        for (int i = 0; i < proposal.inSyncCount(); i++) {
            isr.add(proposal.inSync(i));
        }
        LOGGER.info(
                "lane {} proposes in-sync replicas {}: leaderEpoch={}, version={}", laneId, isr, leaderEpoch, version);
        controller
                .proposeInSync(new InSyncChange(laneId, leaderEpoch, version, isr))
                .whenComplete((refusal, error) -> {
                    if (error != null || refusal.isFailure()) {
                        LOGGER.info(
                                "lane {}: in-sync replicas {} were not accepted: {}",
                                laneId,
                                isr,
                                error == null ? refusal : error.toString());
                    }
                    tellAgain(laneId);
                });
    }

    /**
     * Names who sees to a lane whose copy here is damaged and that another node leads now.
     *
     * @param handler is given the lane's id; called on a thread of the controller
     */
    public void whenDamaged(final IntConsumer handler) {
        onDamaged = handler;
    }

    /**
     * Has another node lead a lane whose copy here is damaged, and this copy replaced. When nobody else can lead it,
     * nothing changes. Any thread.
     *
     * @param laneId of the lane
     * @param leaderEpoch in which this node leads it
     */
    public void resignDamaged(final int laneId, final int leaderEpoch) {
        resign(laneId, leaderEpoch, true).thenAccept(isDone -> {
            if (isDone) {
                onDamaged.accept(laneId);
            }
        });
    }

    /** Has another node lead a lane that this one cannot go on with; tells whether another node leads now. */
    private CompletableFuture<Boolean> resign(final int laneId, final int leaderEpoch, final boolean isLost) {
        LOGGER.warn(
                "this node asks for another leader of lane {}: leaderEpoch={}, isDamaged={}",
                laneId,
                leaderEpoch,
                isLost);
        claimDueNs = clock.nanoTime() + REST_NS;
        return controller.resignLane(laneId, leaderEpoch, isLost).handle((refusal, error) -> {
            final boolean isDone = error == null && refusal.isSuccess();
            if (!isDone) {
                LOGGER.warn(
                        "lane {} keeps its leader: {}", laneId, error == null ? refusal.toString() : error.toString());
            }
            return isDone;
        });
    }

    /** A lane that is told once more what it knows takes its proposal for refused. */
    private synchronized void tellAgain(final int laneId) {
        lanes.get(laneId).mustTell = true;
        steer(controller.image());
    }
}
