package io.epona.sequencer;

/**
 * A checkpoint that was read back.
 *
 * @param state after all frames below {@code position}.
 * @param position frames from here on are to be applied.
 * @param shelvedPosition frames below are flushed in the partition logs, those from here on are to be drained; not
 *     above {@code position}.
 * @param cleanShutdown true when it was written by a clean stop; {@code position} is then the log's end.
 */
public record Checkpoint(LaneState state, long position, long shelvedPosition, boolean cleanShutdown) {}
