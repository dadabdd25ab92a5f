package io.epona.journal;

import io.epona.codec.FrameCheck;

/** Opens journals whose recovery makes one known mistake, so that the power-cut simulation can show that it notices. */
public final class PlantedRecovery {
    /** The mistakes. */
    public enum Fault {
        NONE,
        /** Bytes behind a torn tail are left as they are. */
        NO_WIPE,
        /** A frame is accepted although it belongs to another position. */
        WRONG_POSITION_ACCEPTED,
        /** A frame is accepted although its checksum is wrong. */
        WRONG_CHECKSUM_ACCEPTED,
        /** A bad frame is always taken for a torn tail. */
        DAMAGE_CUT_SILENTLY
    }

    private PlantedRecovery() {}

    public static Journal open(
            final JournalConfig config, final SegmentStore store, final LogRing ring, final Fault fault) {
        return Journal.open(config, store, ring, rules(fault));
    }

    private static RecoveryRules rules(final Fault fault) {
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
