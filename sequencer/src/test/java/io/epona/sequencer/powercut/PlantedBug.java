package io.epona.sequencer.powercut;

import io.epona.journal.PlantedRecovery.Fault;

/** Mistakes that the simulation must find when they are made; NONE is the real code. */
enum PlantedBug {
    NONE(Fault.NONE),
    /** The lane commits what is appended, not what is durable. */
    ACKNOWLEDGE_BEFORE_DURABLE(Fault.NONE),
    /** The lane keeps the ring's bytes up to the durable position, but not the block that it lies in. */
    LAST_BLOCK_OVERWRITTEN(Fault.NONE),
    /** Checkpoints follow what is appended, not what is committed. */
    CHECKPOINT_AHEAD_OF_DURABLE(Fault.NONE),
    /** Segments are recycled that partition logs have not flushed. */
    RECYCLED_BEFORE_SHELVED(Fault.NONE),
    /** The directory is not synced when a checkpoint was renamed. */
    CHECKPOINT_NAME_NOT_SYNCED(Fault.NONE),
    /** See the fault. */
    NO_WIPE(Fault.NO_WIPE),
    /** See the fault. */
    WRONG_POSITION_ACCEPTED(Fault.WRONG_POSITION_ACCEPTED),
    /** See the fault. */
    WRONG_CHECKSUM_ACCEPTED(Fault.WRONG_CHECKSUM_ACCEPTED),
    /** See the fault. */
    DAMAGE_CUT_SILENTLY(Fault.DAMAGE_CUT_SILENTLY);

    final Fault recoveryFault;

    PlantedBug(final Fault recoveryFault) {
        this.recoveryFault = recoveryFault;
    }
}
