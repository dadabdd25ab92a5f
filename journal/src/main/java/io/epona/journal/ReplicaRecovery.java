package io.epona.journal;

import io.epona.codec.FrameHandler;

/**
 * What a replica's recovery reads and who gets it. The log is read whole first; then frames are handed on in order of
 * position, padding left out, those below the committed bound to the one handler, the rest to the other.
 *
 * @param fromPosition of the first frame to be handed on: what the checkpoint says is shelved; without a checkpoint
 *     where the journal's log begins.
 * @param checkpointPosition all below is in the checkpoint, so it was committed; without one as the position before.
 * @param cutsUnproven takes bad bytes that only a leader's frames show to have been committed for a torn write. Only
 *     for a node that is known not to be in sync: see {@link JournalDamage#mayBeTorn()}.
 * @param committedHandler of frames that are known to be committed: to be applied, and drained.
 * @param uncommittedHandler of frames that are not: they may be cut yet. They are in the ring, too.
 */
public record ReplicaRecovery(
        long fromPosition,
        long checkpointPosition,
        boolean cutsUnproven,
        FrameHandler committedHandler,
        FrameHandler uncommittedHandler) {}
