package io.epona.systemtests.cell;

import io.epona.systemtests.cell.CellSimulation.Death;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes faults happen, of every kind that a cell must stand, one after another and some of them at once. Damage to
 * devices is kept to what replication can repair: never where no other in-sync replica would be left. One thread.
 */
final class Faults {
    /** The kinds, each as often as its weight says. */
    private enum Kind {
        KILL(10),
        POWER_CUT(8),
        POWER_CUT_DURING_WRITE(8),
        POWER_CUT_OF_ALL(2),
        KILL_SEVERAL(3),
        CLEAN_RESTART(4),
        WRITE_ERROR(3),
        FULL_DISK(2),
        SLOW_DISK(5),
        STUCK_WRITE(6),
        PAUSE(9),
        DEPOSE(6),
        SHORT_TENURE(4),
        RETURN_OF_A_LEADER(4),
        ISOLATE(6),
        CUT_PAIR(4),
        CUT_ONE_WAY(5),
        MUTE(3),
        DEAFEN(3),
        BAD_NETWORK(4),
        CLOCK_STEP(3),
        EMPTY_DISK(3),
        BIT_ROT(4),
        MISDIRECTED_WRITE(2);

        final int weight;

        Kind(final int weight) {
            this.weight = weight;
        }
    }

    private static final int EIO = 5;
    private static final long HOUR_NS = 3_600_000_000_000L;

    private final CellSimulation cell;
    private final World world;
    private final Chance chance;
    private final int nodeCount;
    private final List<Kind> kinds = new ArrayList<>();
    private final java.util.Set<Integer> damaged = new java.util.TreeSet<>();
    private final ReturnOfALeader returnOfALeader;
    private boolean isStopped;
    private int shortTenures;
    private int count;

    Faults(final CellSimulation cell) {
        this.cell = cell;
        this.world = cell.world();
        this.chance = world.chance();
        this.nodeCount = cell.plan().nodeCount();
        this.returnOfALeader = new ReturnOfALeader(cell);
        // Each seed has a taste of its own, so that rare kinds meet each other.
        for (final Kind kind : Kind.values()) {
            final int weight = chance.oneIn(4) ? 0 : kind.weight * (chance.oneIn(5) ? 5 : 1);
            for (int i = 0; i < weight; i++) {
                kinds.add(kind);
            }
        }
        if (kinds.isEmpty()) {
            kinds.add(Kind.KILL);
        }
    }

    int count() {
        return count;
    }

    void start() {
        if (chance.oneIn(4)) {
            // Some networks bring a copy of any message long after everything has changed.
            world.network().quality().latePerMille = 250;
        }
        world.timeline().after(chance.between(200_000_000L, 600_000_000L), this::next);
    }

    /** Whether a node's device was ever damaged. */
    boolean hasDamaged(final int nodeId) {
        return damaged.contains(nodeId);
    }

    void stop() {
        isStopped = true;
        returnOfALeader.end();
    }

    private void next() {
        if (isStopped) {
            return;
        }
        final long meanNs = cell.plan().faultEveryNs();
        world.timeline().after(chance.between(meanNs / 20, meanNs * 2), this::next);
        final Kind kind = chance.oneOf(kinds);
        final int nodeId = chance.oneIn(3) ? leaderOrAny() : chance.between(1, nodeCount);
        if (inject(kind, nodeId)) {
            count++;
        }
    }

    private int leaderOrAny() {
        for (int id = 1; id <= nodeCount; id++) {
            if (null != cell.lifeOf(id) && cell.lifeOf(id).role.leadingEpoch().get() >= 0) {
                return id;
            }
        }
        return chance.between(1, nodeCount);
    }

    private void later(final Runnable action) {
        world.timeline().after(chance.spreadNs(30_000_000, 1_500_000_000), () -> {
            if (!isStopped) {
                action.run();
            }
        });
    }

    private boolean inject(final Kind kind, final int nodeId) {
        final NodeHost host = cell.host(nodeId);
        final boolean isUp = null != cell.lifeOf(nodeId);
        world.trace().note(nodeId, "fault: ", kind);
        switch (kind) {
            case KILL -> end(nodeId, Death.KILL);
            case POWER_CUT -> end(nodeId, Death.POWER_CUT);
            case POWER_CUT_DURING_WRITE -> host.device.cutPowerDuring(1 + chance.below(6));
            case POWER_CUT_OF_ALL -> endMany(nodeCount, Death.POWER_CUT);
            case KILL_SEVERAL -> endMany(chance.between(2, nodeCount), chance.oneIn(2) ? Death.KILL : Death.POWER_CUT);
            case CLEAN_RESTART -> cell.restartCleanly(nodeId);
            case WRITE_ERROR -> host.device.failWrite(1 + chance.below(8), EIO);
            case FULL_DISK -> fillDisk(host);
            case SLOW_DISK -> slowDown(host);
            case STUCK_WRITE -> host.stuckWriteNs = chance.spreadNs(20_000_000, 900_000_000);
            case PAUSE -> host.pausedUntilNs = world.timeline().nowNs() + chance.spreadNs(20_000_000, 1_200_000_000);
            case SHORT_TENURE -> shortTenures++;
            case DEPOSE -> depose();
            case ISOLATE -> isolate(nodeId, true, true);
            case MUTE -> isolate(nodeId, true, false);
            case DEAFEN -> isolate(nodeId, false, true);
            case CUT_PAIR -> cutPair(nodeId, true);
            case CUT_ONE_WAY -> cutPair(nodeId, false);
            case BAD_NETWORK -> worsenNetwork();
            case CLOCK_STEP -> host.clock.step(chance.between(-5 * HOUR_NS, 5 * HOUR_NS));
            case RETURN_OF_A_LEADER -> {
                return nodeCount == 3 && returnOfALeader.begin(leaderOrAny());
            }
            case EMPTY_DISK -> {
                return !isUp && mayDamage(nodeId) && emptyDisk(nodeId);
            }
            case BIT_ROT -> {
                return !isUp && mayDamage(nodeId) && rot(nodeId);
            }
            case MISDIRECTED_WRITE -> {
                return isUp && mayDamage(nodeId) && misdirect(host);
            }
            default -> throw new IllegalStateException("unknown fault: " + kind);
        }
        return true;
    }

    private void end(final int nodeId, final Death death) {
        if (null != cell.lifeOf(nodeId)) {
            cell.endLife(nodeId, death);
            cell.restartLater(nodeId);
        }
    }

    private void endMany(final int most, final Death death) {
        final int first = chance.between(1, nodeCount);
        for (int i = 0; i < most; i++) {
            end(1 + (first + i) % nodeCount, death);
        }
    }

    /** The leader stands still for as long as it takes to elect another one, which does not last either. */
    private void depose() {
        final NodeHost host = cell.host(leaderOrAny());
        final long timeoutNs = cell.plan().sessionTimeoutNs();
        host.pausedUntilNs = world.timeline().nowNs() + chance.between(timeoutNs, timeoutNs + 60_000_000);
        shortTenures++;
    }

    /** A node has begun to lead: some tenures are over before anybody has followed. */
    void onLeader(final int nodeId) {
        returnOfALeader.onLeader(nodeId);
        if (shortTenures == 0 || isStopped) {
            return;
        }
        shortTenures--;
        world.timeline().after(chance.spreadNs(20_000, 10_000_000), () -> {
            if (isStopped) {
                return;
            }
            world.trace().note(nodeId, "fault: its tenure ends soon");
            switch (chance.below(4)) {
                case 0 -> end(nodeId, Death.KILL);
                case 1 -> end(nodeId, Death.POWER_CUT);
                case 2 -> isolate(nodeId, true, true);
                default ->
                    cell.host(nodeId).pausedUntilNs =
                            world.timeline().nowNs() + chance.spreadNs(100_000_000, 1_200_000_000);
            }
        });
    }

    private void fillDisk(final NodeHost host) {
        host.device.fill(true);
        later(() -> host.device.fill(false));
    }

    private void slowDown(final NodeHost host) {
        final int factor = chance.oneIn(3) ? 100 : 10;
        host.leastWriteNs = 30_000L * factor;
        host.mostWriteNs = 400_000L * factor;
        later(() -> {
            host.leastWriteNs = 30_000;
            host.mostWriteNs = 400_000;
        });
    }

    private void isolate(final int nodeId, final boolean cutsOut, final boolean cutsIn) {
        for (int other = 1; other <= nodeCount; other++) {
            if (other != nodeId) {
                cut(cutsOut, nodeId, other);
                cut(cutsIn, other, nodeId);
            }
        }
        later(() -> {
            for (int other = 1; other <= nodeCount; other++) {
                world.network().mend(nodeId, other);
                world.network().mend(other, nodeId);
            }
        });
    }

    private void cut(final boolean isCut, final int from, final int to) {
        if (isCut) {
            world.network().cut(from, to);
        }
    }

    private void cutPair(final int nodeId, final boolean isBothWays) {
        final int other = 1 + (nodeId - 1 + chance.between(1, nodeCount - 1)) % nodeCount;
        world.network().cut(nodeId, other);
        cut(isBothWays, other, nodeId);
        later(() -> {
            world.network().mend(nodeId, other);
            world.network().mend(other, nodeId);
        });
    }

    private void worsenNetwork() {
        final SimulatedNetwork.Quality quality = world.network().quality();
        quality.lostPerMille = chance.oneIn(2) ? chance.between(1, 200) : 0;
        quality.repeatedPerMille = chance.oneIn(2) ? chance.between(1, 200) : 0;
        quality.latePerMille = chance.oneIn(2) ? chance.between(1, 100) : 0;
        quality.keepsOrder = chance.oneIn(2);
        quality.mostDelayNs = chance.oneIn(3) ? 20_000_000 : 400_000;
        later(() -> {
            world.network().heal(false);
            world.network().quality().latePerMille = chance.oneIn(4) ? 250 : 0;
        });
    }

    /** Another in-sync replica, undamaged, has all that is acknowledged, and no smaller set is on its way. */
    private boolean mayDamage(final int nodeId) {
        final History history = cell.history();
        int others = 0;
        for (int id = 1; id <= nodeCount; id++) {
            if (history.replica(id).isSuspect) {
                return false;
            }
            others += id != nodeId && history.isInSync(id) ? 1 : 0;
        }
        return others > 0 && cell.quorum().pendingCount() == 0;
    }

    private boolean emptyDisk(final int nodeId) {
        world.trace().note(nodeId, "has an empty disk");
        cell.host(nodeId).replaceDisk();
        cell.history().onEmptied(nodeId);
        return true;
    }

    /** Flips bits where the node has told that it was durable. */
    private boolean rot(final int nodeId) {
        final NodeHost host = cell.host(nodeId);
        final long durable = host.replica.durable;
        final long oldest = Math.max(0, durable - cell.plan().ringLength());
        if (durable <= oldest) {
            return false;
        }
        cell.history().onDamaged(nodeId);
        damaged.add(nodeId);
        for (int i = chance.between(1, 3); i > 0; i--) {
            final long position = chance.between(oldest, durable - 1);
            host.device.flipBit(
                    host.journal.fileIndex(host.journal.segmentNumber(position)),
                    (int) host.journal.fileOffset(position),
                    chance.below(8));
        }
        return true;
    }

    private boolean misdirect(final NodeHost host) {
        cell.history().onDamaged(host.nodeId);
        damaged.add(host.nodeId);
        host.device.misdirectWrite(1);
        return true;
    }
}
