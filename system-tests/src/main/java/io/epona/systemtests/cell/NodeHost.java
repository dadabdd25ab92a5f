package io.epona.systemtests.cell;

import io.epona.journal.JournalConfig;
import io.epona.journal.testing.SimulatedDevice;
import org.apache.kafka.common.Uuid;

/** What of a node outlives its processes: its device, its partition logs, its clocks. One thread. */
final class NodeHost {
    static final long CLUSTER_HIGH = 0x0123456789L;
    static final long CLUSTER_LOW = 0x9876543210L;

    final int nodeId;
    final JournalConfig journal;
    final SimulatedDevice device;
    final Shelf shelf;
    final SkewedClock clock;
    final History.Replica replica;

    /** Names the data directory; another one when the disk was replaced. */
    Uuid storageId;

    /** Incarnation of which the data directory shows a clean stop; zero for none. */
    Uuid cleanStopOf = Uuid.ZERO_UUID;

    /** The lane's log was set aside as damaged, and nothing has taken its place yet. */
    boolean isLaneLost;

    /** How long a device write takes now. */
    long leastWriteNs = 30_000;

    /** How long a device write takes at most. */
    long mostWriteNs = 400_000;

    /** Nothing happens on it before. */
    long pausedUntilNs;

    /** The next device write takes so long; 0 for as long as others. */
    long stuckWriteNs;

    private final Chance chance;

    NodeHost(final int nodeId, final World world, final CellPlan plan, final History.Replica replica) {
        this.nodeId = nodeId;
        this.chance = world.chance();
        this.journal = plan.journal(nodeId, CLUSTER_HIGH, CLUSTER_LOW);
        this.device = new SimulatedDevice(journal, chance.seed());
        this.shelf = new Shelf(plan.partitions());
        this.clock = new SkewedClock(world.timeline(), chance.between(0L, 1L << 40));
        this.replica = replica;
        this.storageId = newId();
    }

    Uuid newId() {
        return new Uuid(chance.between(1L, Long.MAX_VALUE), chance.between(1L, Long.MAX_VALUE));
    }

    /** The disk is replaced by an empty one. */
    void replaceDisk() {
        device.replace();
        shelf.clear();
        storageId = newId();
        cleanStopOf = Uuid.ZERO_UUID;
        isLaneLost = false;
        replica.isSuspect = true;
    }

    /** How long the device takes for the write that begins now. */
    long writeNs() {
        if (stuckWriteNs > 0) {
            final long stuckNs = stuckWriteNs;
            stuckWriteNs = 0;
            return stuckNs;
        }
        return chance.spreadNs(leastWriteNs, mostWriteNs);
    }
}
