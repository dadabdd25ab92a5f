package io.epona.sequencer.powercut;

import io.epona.codec.FrameDescriptor;
import io.epona.journal.JournalConfig;
import java.nio.file.Path;
import java.util.SplittableRandom;

/**
 * Sizes of one simulated lane, small, so that ring and segments wrap often; all from the seed.
 *
 * @param journal of the lane.
 * @param ringLength shortest log ring; a life may have one that is twice or four times as long.
 * @param maxBatchLength of a record batch.
 * @param lives of the node before the last one.
 * @param evenValueLength of each record, or 0 when they differ. Frames that fill blocks, in short lives, lie exactly
 *     where frames lay that a crash has cut off, which is what brings those back to life if they can come back.
 */
record Plan(JournalConfig journal, int ringLength, int maxBatchLength, int lives, int evenValueLength) {
    static final int PARTITIONS = 3;
    static final int LANE_ID = 1;
    static final long CLUSTER_HIGH = 0x0123456789L;
    static final long CLUSTER_LOW = 0x9876543210L;

    /** Length of the value that makes the frame of a batch of one record exactly a block, or the least that does. */
    private static int valueLengthOfBlocks(final int blockLength) {
        final int batchLength = Math.max(blockLength, 1024) - FrameDescriptor.HEADER_LENGTH;
        for (int length = batchLength - 100; length < batchLength; length++) {
            if (Batch.encode(0, 1000, 0, 1, length, 1).bytes.capacity() == batchLength) {
                return length;
            }
        }
        throw new IllegalStateException("no value makes a batch of that length: " + batchLength);
    }

    /** Ring of one life: mostly the same, since a change costs a segment. */
    int ringLengthOfALife(final SplittableRandom random) {
        return isEven() || random.nextInt(4) > 0 ? ringLength : ringLength << random.nextInt(3);
    }

    boolean isEven() {
        return evenValueLength > 0;
    }

    static Plan of(final SplittableRandom random) {
        final long segmentLength = 16 * 1024L << random.nextInt(3);
        final int ringLength = (int) Math.max(16 * 1024, segmentLength * 2 >> random.nextInt(3));
        final int segmentCount = 3 + random.nextInt(3);
        final int blockLength = random.nextInt(4) == 0 ? 512 : 4096;
        final boolean isEven = random.nextInt(4) == 0;
        final int maxWriteLength = blockLength << (isEven ? 4 : random.nextInt(5));
        final JournalConfig journal = new JournalConfig(
                Path.of("simulated"),
                LANE_ID,
                CLUSTER_HIGH,
                CLUSTER_LOW,
                5,
                segmentLength,
                segmentCount,
                blockLength,
                maxWriteLength);
        final int evenValueLength = isEven ? valueLengthOfBlocks(blockLength) : 0;
        final int lives = isEven ? 8 : 2 + random.nextInt(3);
        return new Plan(journal, ringLength, ringLength / 4 - 64, lives, evenValueLength);
    }
}
