package io.epona.journal;

import java.nio.file.Path;

/**
 * What kind of file system a path is on, by the magic number that statfs gives.
 *
 * @param magic f_type of the file system.
 */
record FileSystemType(long magic) {
    private static final long BTRFS = 0x9123683EL;
    private static final long ZFS = 0x2FC12FC1L;
    private static final long BCACHEFS = 0xCA451A4EL;
    private static final long TMPFS = 0x01021994L;
    private static final long RAMFS = 0x858458F6L;
    private static final long HUGETLBFS = 0x958458F6L;

    static FileSystemType of(final Path path) {
        return new FileSystemType(NativeFile.fileSystemMagic(path) & 0xFFFFFFFFL);
    }

    /** It checksums data: bytes that change while the device reads them would look damaged. */
    boolean checksumsData() {
        return magic == BTRFS || magic == ZFS || magic == BCACHEFS;
    }

    /** Its files are gone with the power. */
    boolean isMemory() {
        return magic == TMPFS || magic == RAMFS || magic == HUGETLBFS;
    }

    boolean isHugePages() {
        return magic == HUGETLBFS;
    }

    String description() {
        return switch ((int) magic) {
            case (int) BTRFS -> "btrfs";
            case (int) ZFS -> "zfs";
            case (int) BCACHEFS -> "bcachefs";
            case (int) TMPFS -> "tmpfs";
            case (int) RAMFS -> "ramfs";
            case (int) HUGETLBFS -> "hugetlbfs";
            default -> "0x" + Long.toHexString(magic);
        };
    }
}
