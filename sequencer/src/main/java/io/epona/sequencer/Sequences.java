package io.epona.sequencer;

/** Arithmetic of producer sequences: 0 follows {@link Integer#MAX_VALUE}, and they are never negative. Stateless. */
final class Sequences {
    private Sequences() {}

    /** The sequence so many records later. */
    static int advance(final int sequence, final int records) {
        return (int) (((long) sequence + records) & Integer.MAX_VALUE);
    }

    /** How many records the one sequence is before the other. */
    static int distance(final int sequence, final int laterSequence) {
        return laterSequence - sequence & Integer.MAX_VALUE;
    }

    /** True when the one follows the other without a gap. */
    static boolean isNext(final int lastSequence, final int sequence) {
        return sequence == advance(lastSequence, 1);
    }
}
