package io.epona.journal;

import org.agrona.DirectBuffer;

/**
 * A checkpoint that was read back whole and valid.
 *
 * @param buffer holds exactly the checkpoint, from offset 0.
 * @param length in bytes.
 * @param sequence which of the lane's checkpoints it is, counted from 1.
 */
public record StoredCheckpoint(DirectBuffer buffer, int length, long sequence) {}
