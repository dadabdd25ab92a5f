/**
 * The lane: commands in, frames out. It assigns offsets, fences producers, tells duplicates from new batches, and
 * decides what is committed.
 *
 * <p>Everything here is deciding code: no thread is made, no file is opened, no configuration is read. Inputs are a
 * command ring, position counters and a clock; outputs are bytes in the log ring, position counters and replies. What
 * the lane knows is {@link io.epona.sequencer.LaneState}, and frames alone lead to it, so that recovery and the
 * checkpoint's shadow state reach the same state with the same code.
 */
package io.epona.sequencer;
