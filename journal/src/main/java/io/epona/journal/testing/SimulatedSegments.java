package io.epona.journal.testing;

import io.epona.journal.JournalConfig;
import io.epona.journal.SegmentFormat;
import io.epona.journal.SegmentStore;
import java.util.Arrays;
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
        makeAnew();
    }

    void makeAnew() {
        for (int i = 0; i < files.length; i++) {
            Arrays.fill(files[i], (byte) 0);
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

    /** Half of a write. */
    private interface Pass {
        void write(Tear tear, boolean isSecond);
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
            if (device.isMisdirectedThis()) {
                misdirect(source, sourceOffset, length);
            } else {
                transfer(tear, files[fileIndex], (int) fileOffset, source, sourceOffset, length);
            }
            if (isCut) {
                device.cutPower();
                throw new PowerCutException();
            }
            if (fails) {
                throw device.failure("write failed: fileIndex=" + fileIndex + ", offset=" + fileOffset);
            }
        }

        /** Bytes that belong to another place are overwritten, and those that were to be written stay as they were. */
        private void misdirect(final DirectBuffer source, final int sourceOffset, final int length) {
            final byte[] file = files[device.random().nextInt(files.length)];
            final int block = device.random().nextInt((file.length - length) / config.blockLength() + 1);
            source.getBytes(sourceOffset, file, block * config.blockLength(), length);
        }

        /** Sectors leave memory before or after what other threads do meanwhile, each by chance. */
        private void transfer(
                final Tear tear,
                final byte[] file,
                final int fileOffset,
                final DirectBuffer source,
                final int sourceOffset,
                final int length) {
            final SplittableRandom random = device.random();
            final int sectorLength = Math.min(device.sectorLength(), config.blockLength());
            final int sectorCount = length / sectorLength;
            final int edge = random.nextInt(sectorCount + 1);
            final long seed = random.nextLong();
            final Pass pass = (kind, isSecond) -> {
                final SplittableRandom choices = new SplittableRandom(seed);
                for (int sector = 0; sector < sectorCount; sector++) {
                    final boolean isNow = choices.nextBoolean() == isSecond;
                    final boolean isKept = reaches(kind, sector, edge, choices);
                    if (isNow && isKept) {
                        final int at = sector * sectorLength;
                        source.getBytes(sourceOffset + at, file, fileOffset + at, sectorLength);
                    }
                }
            };
            pass.write(tear, false);
            final Tear whenEnded = Tear.values()[random.nextInt(Tear.values().length)];
            if (!device.passBusyTime(() -> pass.write(whenEnded, true))) {
                throw new PowerCutException();
            }
            pass.write(tear, true);
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
