package io.epona.journal;

import io.epona.codec.FrameCheck;

/**
 * For simulations: opens journals that make one known mistake, so that a simulation can show that it notices. A node
 * never uses it.
 */
public final class PlantedRecovery {
    /** The mistakes. */
    public enum Fault {
        /** None: the real rules. */
        NONE,
        /** Bytes behind a torn tail are left as they are. */
        NO_WIPE,
        /** A frame is accepted although it belongs to another position. */
        WRONG_POSITION_ACCEPTED,
        /** A frame is accepted although its checksum is wrong: a damaged replica goes on, and may come to lead. */
        WRONG_CHECKSUM_ACCEPTED,
        /** A bad frame is always taken for a torn tail, as if it had never been received. */
        DAMAGE_CUT_SILENTLY,
        /** A replica takes everything on its device for committed. */
        UNCOMMITTED_TAKEN_FOR_COMMITTED,
        /** What is behind a cut stays on the device, and frames of lower epochs are not told apart. */
        NO_WIPE_BEHIND_CUT,
        /** What was written before a cut still counts as durable behind it. */
        OLD_GENERATION_COUNTS
    }

    private PlantedRecovery() {}

    /** As {@link Journal#open(JournalConfig, SegmentStore, LogRing)}, with a mistake. */
    public static Journal open(
            final JournalConfig config, final SegmentStore store, final LogRing ring, final Fault fault) {
        return Journal.open(config, store, ring, rules(fault));
    }

    static RecoveryRules rules(final Fault fault) {
        return switch (fault) {
            case NONE -> RecoveryRules.STRICT;
            case NO_WIPE ->
                new RecoveryRules() {
                    @Override
                    boolean wipesBehindTail() {
                        return false;
                    }
                };
            case WRONG_POSITION_ACCEPTED -> accepting(FrameCheck.BAD_POSITION);
            case WRONG_CHECKSUM_ACCEPTED -> accepting(FrameCheck.BAD_CRC);
            case DAMAGE_CUT_SILENTLY ->
                new RecoveryRules() {
                    @Override
                    boolean isEvidence(final long badPosition, final long knownDurablePosition) {
                        return false;
                    }
                };
            case UNCOMMITTED_TAKEN_FOR_COMMITTED ->
                new RecoveryRules() {
                    @Override
                    long committedBound(final long knownCommittedPosition, final long tail) {
                        return tail;
                    }
                };
            case NO_WIPE_BEHIND_CUT -> keepingWhatWasCut();
            case OLD_GENERATION_COUNTS ->
                new RecoveryRules() {
                    @Override
                    boolean countsOldGeneration() {
                        return true;
                    }
                };
        };
    }

    private static RecoveryRules keepingWhatWasCut() {
        return new RecoveryRules() {
            @Override
            boolean wipesBehindCut() {
                return false;
            }

            @Override
            boolean isStale(final int leaderEpoch, final int lastEpoch) {
                return false;
            }
        };
    }

    private static RecoveryRules accepting(final FrameCheck accepted) {
        return new RecoveryRules() {
            @Override
            boolean isFrame(final FrameCheck check) {
                return check == FrameCheck.VALID || check == accepted;
            }
        };
    }
}
