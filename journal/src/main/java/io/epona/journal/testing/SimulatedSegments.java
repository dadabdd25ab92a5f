package io.epona.journal.testing;

import io.epona.journal.JournalConfig;
import io.epona.journal.SegmentFormat;
import io.epona.journal.SegmentStore;
import java.util.SplittableRandom;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** The segment files of a simulated device. */
final class SimulatedSegments {
    private final SimulatedDevice device;
    private final JournalConfig config;
    private final byte[][] files;

    SimulatedSegments(final SimulatedDevice device, final JournalConfig config) {
        this.device = device;
        this.config = config;
        this.files = new byte[config.segmentCount()][Math.toIntExact(config.fileLength())];
        for (int i = 0; i < files.length; i++) {
            SegmentFormat.encodeNeverUsed(new UnsafeBuffer(files[i]), config, i, 0);
        }
    }

    byte[] bytes(final int fileIndex) {
        return files[fileIndex];
    }

    SegmentStore open(final int life) {
        return new Handle(life);
    }

    /** How a write goes on when the power fails during it. */
    private enum Tear {
        LOST,
        DONE,
        PREFIX,
        SUFFIX,
        SCATTERED
    }

    private final class Handle implements SegmentStore {
        private final int life;

        Handle(final int life) {
            this.life = life;
        }

        @Override
        public int segmentCount() {
            return files.length;
        }

        @Override
        public String fileName(final int fileIndex) {
            return "simulated segment file " + fileIndex;
        }

        @Override
        public SegmentStore openReader() {
            return new Handle(life);
        }

        @Override
        public void write(
                final int fileIndex,
                final long fileOffset,
                final DirectBuffer source,
                final int sourceOffset,
                final int length) {
            device.checkOn(life);
            checkAligned(fileOffset, source.addressOffset() + sourceOffset, length);
            final SplittableRandom random = device.random();
            final boolean fails = device.failsThis();
            final boolean isCut = device.isCutDuringThis();
            final Tear tear = isCut || fails ? Tear.values()[random.nextInt(Tear.values().length)] : Tear.DONE;
            transfer(tear, fileIndex, (int) fileOffset, source, sourceOffset, length);
            if (isCut) {
                device.cutPower();
                throw new PowerCutException();
            }
            if (fails) {
                throw device.failure("write failed: fileIndex=" + fileIndex + ", offset=" + fileOffset);
            }
        }

        /** Sectors leave memory before or after what other threads do meanwhile, each by chance. */
        private void transfer(
                final Tear tear,
                final int fileIndex,
                final int fileOffset,
                final DirectBuffer source,
                final int sourceOffset,
                final int length) {
            final SplittableRandom random = device.random();
            final int sectorLength = Math.min(device.sectorLength(), config.blockLength());
            final int sectorCount = length / sectorLength;
            final int edge = random.nextInt(sectorCount + 1);
            final long seed = random.nextLong();
            for (int pass = 0; pass < 2; pass++) {
                final SplittableRandom choices = new SplittableRandom(seed);
                for (int sector = 0; sector < sectorCount; sector++) {
                    final boolean isNow = choices.nextInt(2) == pass;
                    final boolean isKept = reaches(tear, sector, edge, choices);
                    if (isNow && isKept) {
                        final int at = sector * sectorLength;
                        source.getBytes(sourceOffset + at, files[fileIndex], fileOffset + at, sectorLength);
                    }
                }
                if (pass == 0) {
                    device.busyAction().run();
                }
            }
        }

        private boolean reaches(final Tear tear, final int sector, final int edge, final SplittableRandom choices) {
            return switch (tear) {
                case LOST -> false;
                case DONE -> true;
                case PREFIX -> sector < edge;
                case SUFFIX -> sector >= edge;
                case SCATTERED -> choices.nextBoolean();
            };
        }

        private void checkAligned(final long fileOffset, final long address, final int length) {
            if (((fileOffset | address | length) & (config.blockLength() - 1)) != 0 || length <= 0) {
                throw new IllegalArgumentException("not aligned: fileOffset=" + fileOffset + ", address=0x"
                        + Long.toHexString(address) + ", length=" + length);
            }
        }

        @Override
        public void read(
                final int fileIndex,
                final long fileOffset,
                final MutableDirectBuffer target,
                final int targetOffset,
                final int length) {
            device.checkOn(life);
            checkAligned(fileOffset, target.addressOffset() + targetOffset, length);
            target.putBytes(targetOffset, files[fileIndex], (int) fileOffset, length);
        }

        @Override
        public void sync() {
            device.checkOn(life);
        }

        @Override
        public void close() {
            // Memory only: nothing to give back.
        }
    }
}
