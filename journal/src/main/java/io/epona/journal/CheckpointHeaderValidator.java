package io.epona.journal;

import io.epona.codec.Crc32c;
import io.epona.codec.checkpoint.CheckpointHeaderDecoder;
import org.agrona.DirectBuffer;

/**
 * Judges a checkpoint by its header (message CheckpointHeader of {@code epona-checkpoint.xml}): magic, checksum over
 * all that follows, format, cluster and lane. Owned by one thread.
 */
public final class CheckpointHeaderValidator implements CheckpointValidator {
    /** First eight bytes of a checkpoint. */
    public static final long MAGIC = SegmentHeaderCodec.magic("EPONACKP");

    /** Newest format that this version reads. */
    public static final int FORMAT_VERSION = 4;

    private static final int CRC_START_OFFSET = CheckpointHeaderDecoder.formatVersionEncodingOffset();

    private final CheckpointHeaderDecoder decoder = new CheckpointHeaderDecoder();
    private final Crc32c crc32c = new Crc32c();
    private final int laneId;
    private final long clusterIdHigh;
    private final long clusterIdLow;

    /** @param config of the journal that the checkpoints must belong to. */
    public CheckpointHeaderValidator(final JournalConfig config) {
        this.laneId = config.laneId();
        this.clusterIdHigh = config.clusterIdHigh();
        this.clusterIdLow = config.clusterIdLow();
    }

    @Override
    public String check(final DirectBuffer buffer, final int length) {
        if (length < CheckpointHeaderDecoder.BLOCK_LENGTH) {
            return "it is shorter than its header: length=" + length;
        }
        decoder.wrap(buffer, 0, CheckpointHeaderDecoder.BLOCK_LENGTH, CheckpointHeaderDecoder.SCHEMA_VERSION);
        if (decoder.magic() != MAGIC) {
            return "it does not start as a checkpoint: magic=0x" + Long.toHexString(decoder.magic());
        }
        final int crc = crc32c.compute(buffer, CRC_START_OFFSET, length - CRC_START_OFFSET);
        if (crc != (int) decoder.crc()) {
            return "its checksum is wrong: length=" + length;
        }
        if (decoder.formatVersion() > FORMAT_VERSION) {
            throw new JournalRefusedException(
                    "the checkpoint was written by a newer Epona: formatVersion=" + decoder.formatVersion()
                            + ", newest known=" + FORMAT_VERSION,
                    "start that version, or a later one");
        }
        if (decoder.laneId() != laneId
                || decoder.clusterIdHigh() != clusterIdHigh
                || decoder.clusterIdLow() != clusterIdLow) {
            throw new JournalRefusedException(
                    "the checkpoint is of another cluster or lane: laneId=" + decoder.laneId() + ", expected=" + laneId,
                    "configure the directory of this node and lane");
        }
        return null;
    }
}
