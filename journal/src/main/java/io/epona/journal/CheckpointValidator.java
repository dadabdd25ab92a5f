package io.epona.journal;

import org.agrona.DirectBuffer;

/** Judges whether bytes that were read back are a checkpoint that may be used. */
@FunctionalInterface
public interface CheckpointValidator {
    /**
     * @param buffer with the bytes, from offset 0.
     * @param length in bytes.
     * @return null when it may be used, or what is wrong: then the one before it is tried.
     * @throws JournalRefusedException when it is of another cluster or lane, or of a newer format.
     */
    String check(DirectBuffer buffer, int length);
}
