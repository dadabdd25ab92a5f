package io.epona.journal;

/**
 * Where a journal is damaged and what is known about it.
 *
 * @param laneId of the lane, or -1 when not known.
 * @param file path of the damaged or missing file; null when it is not one file.
 * @param fileOffset where in the file the damage starts, or -1.
 * @param position where in the lane's log the damage starts, or -1 when it is not at one position.
 * @param isBelowCommitted true when what this node knows to be committed reaches beyond the damage. False does not mean
 *     that nothing committed is damaged: this node may have acknowledged the bytes and not have heard of the commit.
 * @param mayBeTorn true when only frames of a leader show that the bytes were committed. A node that was in sync when
 *     it ended has lost them; one that was not may have been ended in the middle of the write that brought them, and
 *     may recover once more with {@code cutsUnproven} and follow its leader.
 */
public record JournalDamage(
        int laneId, String file, long fileOffset, long position, boolean isBelowCommitted, boolean mayBeTorn) {
    /** Damage of a whole file or of its header. */
    static JournalDamage ofFile(final int laneId, final String file, final long position) {
        return new JournalDamage(laneId, file, -1, position, false, false);
    }

    /** For messages: the values that are known. */
    String describe() {
        final StringBuilder text = new StringBuilder(64);
        append(text, "lane", laneId);
        if (null != file) {
            text.append(", file=").append(file);
        }
        append(text, "offset in file", fileOffset);
        append(text, "position", position);
        return text.toString();
    }

    private static void append(final StringBuilder text, final String name, final long value) {
        if (value >= 0) {
            text.append(text.isEmpty() ? "" : ", ").append(name).append('=').append(value);
        }
    }
}
