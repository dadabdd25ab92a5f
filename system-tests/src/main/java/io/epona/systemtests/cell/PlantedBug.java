package io.epona.systemtests.cell;

import io.epona.journal.PlantedRecovery;
import io.epona.sequencer.testing.ReplicationFault;
import java.util.Set;

/** A bug that other systems had, put into the cell to see that the simulation finds it. */
public enum PlantedBug {
    /** The cell as it is. */
    NONE(0),

    /** A follower cuts to its own committed position instead of asking where the logs part (KIP-101). */
    CUT_TO_OWN_COMMITTED(1, ReplicationFault.CUT_TO_OWN_COMMITTED),

    /** A leader answers for an epoch that it never had (KIP-279). */
    TRUST_SINGLE_EPOCH(2, ReplicationFault.TRUST_SINGLE_EPOCH),

    /** A follower is taken back into the in-sync set without all that is committed (KAFKA-7128). */
    READMIT_WITH_STALE_STATE(8, ReplicationFault.READMIT_WITH_STALE_STATE),

    /** The quorum counts members that do not follow the present leader. */
    COUNT_ACKS_OF_ANOTHER_EPOCH(9, ReplicationFault.COUNT_ACKS_OF_ANOTHER_EPOCH),

    /** The committed position goes backwards. */
    LET_COMMITTED_GO_BACK(10, ReplicationFault.LET_COMMITTED_GO_BACK),

    /** A deposed leader acknowledges what waits when its successor's position passes it (KurrentDB 3472). */
    PENDING_ANSWERS_OUTLIVE_EPOCH(15),

    /** A leader exposes its predecessor's frames before its own epoch start is committed (KAFKA-12619). */
    EXPOSE_BEFORE_EPOCH_START(16, ReplicationFault.EXPOSE_BEFORE_EPOCH_START),

    /** A flush of before a truncation makes bytes durable that were replaced (redpanda 15201). */
    IGNORE_TRUNCATION_GENERATION(
            17, PlantedRecovery.Fault.OLD_GENERATION_COUNTS, ReplicationFault.IGNORE_TRUNCATION_GENERATION),

    /** A damaged frame is taken for one that was never received (protocol-aware recovery). */
    DAMAGE_CUT_SILENTLY(45, PlantedRecovery.Fault.DAMAGE_CUT_SILENTLY),

    /** A damaged replica becomes leader (Jepsen NATS 2.12.1). */
    DAMAGED_REPLICA_LEADS(46, PlantedRecovery.Fault.WRONG_CHECKSUM_ACCEPTED),

    /** A leader stops waiting for a slow follower before the controller has agreed. */
    SHRINK_BEFORE_CONTROLLER(0, ReplicationFault.SHRINK_BEFORE_CONTROLLER),

    /** A joining follower does not count from the proposal on. */
    COUNT_JOINING_TOO_LATE(0, ReplicationFault.COUNT_JOINING_TOO_LATE),

    /** Committed is what the leader's own journal has. */
    COMMIT_WITHOUT_FOLLOWERS(0, ReplicationFault.COMMIT_WITHOUT_FOLLOWERS),

    /** A replica takes everything on its device for committed after a restart. */
    UNCOMMITTED_TAKEN_FOR_COMMITTED(11, PlantedRecovery.Fault.UNCOMMITTED_TAKEN_FOR_COMMITTED),

    /** What is behind a cut stays on the device and comes back. */
    NO_WIPE_BEHIND_CUT(44, PlantedRecovery.Fault.NO_WIPE_BEHIND_CUT);

    private final int row;
    private final PlantedRecovery.Fault recoveryFault;
    private final Set<ReplicationFault> replicationFaults;

    PlantedBug(final int row, final ReplicationFault... faults) {
        this(row, PlantedRecovery.Fault.NONE, faults);
    }

    PlantedBug(final int row, final PlantedRecovery.Fault recoveryFault, final ReplicationFault... faults) {
        this.row = row;
        this.recoveryFault = recoveryFault;
        this.replicationFaults = Set.of(faults);
    }

    /** Number of the lesson, 0 when it has none. */
    int row() {
        return row;
    }

    PlantedRecovery.Fault recoveryFault() {
        return recoveryFault;
    }

    Set<ReplicationFault> replicationFaults() {
        return replicationFaults;
    }
}
