package io.epona.controller.cluster;

import io.aeron.archive.checksum.Checksum;
import java.lang.foreign.MemorySegment;
import java.util.zip.CRC32C;

/**
 * CRC-32C over memory at an address. Agrona has the same, by reflection into a package of the JDK that would have to be
 * opened for it. Any thread.
 */
final class FrameChecksum implements Checksum {
    static final FrameChecksum INSTANCE = new FrameChecksum();

    private FrameChecksum() {}

    @Override
    @SuppressWarnings("restricted") // memory of Aeron's buffers; nodes are started with --enable-native-access
    public int compute(long address, int offset, int length) {
        CRC32C crc = new CRC32C();
        crc.update(MemorySegment.ofAddress(address + offset).reinterpret(length).asByteBuffer());
        return (int) crc.getValue();
    }
}
