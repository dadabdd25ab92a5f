package io.epona.sequencer;

/**
 * A checkpoint that was made for somebody else than this node's store.
 *
 * @param position all frames below are applied, and committed.
 * @param bytes the checkpoint; not to be changed.
 */
public record CheckpointCopy(long position, byte[] bytes) {}
