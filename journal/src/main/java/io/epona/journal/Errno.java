package io.epona.journal;

/** Names of the error numbers that file operations give on Linux. Stateless. */
final class Errno {
    static final int ENOENT = 2;
    static final int EIO = 5;
    static final int EACCES = 13;
    static final int EINVAL = 22;
    static final int ENOSPC = 28;
    static final int EROFS = 30;

    private Errno() {}

    static String describe(final int errno) {
        return switch (errno) {
            case 1 -> "EPERM (not permitted)";
            case ENOENT -> "ENOENT (no such file)";
            case 4 -> "EINTR (interrupted)";
            case EIO -> "EIO (input/output error of the device)";
            case 9 -> "EBADF (file is closed)";
            case 12 -> "ENOMEM (out of memory)";
            case EACCES -> "EACCES (permission denied)";
            case 19 -> "ENODEV (the device is gone)";
            case EINVAL -> "EINVAL (not supported or not aligned)";
            case 24 -> "EMFILE (too many open files in this process)";
            case 27 -> "EFBIG (file too large)";
            case ENOSPC -> "ENOSPC (no space left on the device)";
            case EROFS -> "EROFS (file system is read-only)";
            case 117 -> "EUCLEAN (file system needs repair)";
            case 122 -> "EDQUOT (quota exceeded)";
            default -> Integer.toString(errno);
        };
    }
}
