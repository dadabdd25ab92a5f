package io.epona.journal;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.file.Path;

/**
 * A file by its descriptor, through the C library's calls. Reading and writing allocate nothing.
 *
 * <p>Used by one thread at a time. The ordinary linkage is used on purpose: a call that waits for the device must not
 * hold up the virtual machine's safepoints, which a critical one would. Every call gives a negative error number when
 * it fails. Linux only.
 */
// Calling the C library is what this class is for; the launcher grants native access to the class path.
@SuppressWarnings("restricted")
final class NativeFile implements AutoCloseable {
    static final int O_RDONLY = 0;
    static final int O_RDWR = 2;
    static final int O_CREAT = 0x40;
    static final int O_DSYNC = 0x1000;
    static final int O_CLOEXEC = 0x80000;
    static final int O_DIRECT = "aarch64".equals(System.getProperty("os.arch")) ? 0x10000 : 0x4000;

    private static final int MODE = 0640;
    private static final int STATFS_LENGTH = 256;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final MemoryLayout CALL_STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = CALL_STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

    private static final MethodHandle OPEN = link(
            "open",
            FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT),
            Linker.Option.captureCallState("errno"),
            Linker.Option.firstVariadicArg(2));
    private static final MethodHandle PWRITE = transfer("pwrite");
    private static final MethodHandle PREAD = transfer("pread");
    private static final MethodHandle FSYNC = onDescriptor("fsync");
    private static final MethodHandle CLOSE = onDescriptor("close");
    private static final MethodHandle STATFS =
            link("statfs", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS), Linker.Option.captureCallState("errno"));

    private final Arena arena;
    private final MemorySegment callState;
    private final int descriptor;
    private boolean isClosed;

    private NativeFile(final Arena arena, final MemorySegment callState, final int descriptor) {
        this.arena = arena;
        this.callState = callState;
        this.descriptor = descriptor;
    }

    private static MethodHandle transfer(final String name) {
        return link(
                name,
                FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG),
                Linker.Option.captureCallState("errno"));
    }

    private static MethodHandle onDescriptor(final String name) {
        return link(name, FunctionDescriptor.of(JAVA_INT, JAVA_INT), Linker.Option.captureCallState("errno"));
    }

    private static MethodHandle link(
            final String name, final FunctionDescriptor descriptor, final Linker.Option... options) {
        return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), descriptor, options);
    }

    /**
     * Opens a file or directory.
     *
     * @throws JournalFailedException with the error number.
     */
    static NativeFile open(final Path path, final int flags) {
        final Arena arena = Arena.ofShared();
        final MemorySegment callState = arena.allocate(CALL_STATE);
        int descriptor = -1;
        try (Arena local = Arena.ofConfined()) {
            final MemorySegment name = local.allocateFrom(path.toString());
            descriptor = (int) OPEN.invokeExact(callState, name, flags | O_CLOEXEC, MODE);
        } catch (final Throwable ex) {
            throw unexpected(ex);
        }
        if (descriptor < 0) {
            final int errno = errno(callState);
            arena.close();
            throw new JournalFailedException("open failed: file=" + path, errno);
        }
        return new NativeFile(arena, callState, descriptor);
    }

    /** Opens, syncs and closes: for directories, and for files that were written otherwise. */
    static void syncPath(final Path path) {
        try (NativeFile file = open(path, O_RDONLY)) {
            final int result = file.sync();
            if (result < 0) {
                throw new JournalFailedException("fsync failed: file=" + path, -result);
            }
        }
    }

    static long fileSystemMagic(final Path path) {
        try (Arena local = Arena.ofConfined()) {
            final MemorySegment state = local.allocate(CALL_STATE);
            final MemorySegment result = local.allocate(STATFS_LENGTH, Long.BYTES);
            final int code = (int) STATFS.invokeExact(state, local.allocateFrom(path.toString()), result);
            if (code < 0) {
                throw new JournalFailedException("statfs failed: path=" + path, errno(state));
            }
            return result.get(JAVA_LONG, 0);
        } catch (final JournalFailedException ex) {
            throw ex;
        } catch (final Throwable ex) {
            throw unexpected(ex);
        }
    }

    /** Bytes written, which may be fewer than asked for, or a negative error number. */
    long write(final long address, final long length, final long fileOffset) {
        try {
            final long count = (long) PWRITE.invokeExact(callState, descriptor, address, length, fileOffset);
            return count < 0 ? -errno(callState) : count;
        } catch (final Throwable ex) {
            throw unexpected(ex);
        }
    }

    /** Bytes read, which may be fewer than asked for, or a negative error number. */
    long read(final long address, final long length, final long fileOffset) {
        try {
            final long count = (long) PREAD.invokeExact(callState, descriptor, address, length, fileOffset);
            return count < 0 ? -errno(callState) : count;
        } catch (final Throwable ex) {
            throw unexpected(ex);
        }
    }

    /** 0, or a negative error number. */
    int sync() {
        try {
            final int code = (int) FSYNC.invokeExact(callState, descriptor);
            return code < 0 ? -errno(callState) : 0;
        } catch (final Throwable ex) {
            throw unexpected(ex);
        }
    }

    @Override
    public void close() {
        if (isClosed) {
            return;
        }
        isClosed = true;
        try {
            final int code = (int) CLOSE.invokeExact(callState, descriptor);
            if (code < 0) {
                throw new JournalFailedException("close failed: descriptor=" + descriptor, errno(callState));
            }
        } catch (final JournalFailedException ex) {
            throw ex;
        } catch (final Throwable ex) {
            throw unexpected(ex);
        } finally {
            arena.close();
        }
    }

    private static int errno(final MemorySegment state) {
        return (int) ERRNO.get(state, 0L);
    }

    private static IllegalStateException unexpected(final Throwable ex) {
        return new IllegalStateException("call of the C library did not return", ex);
    }
}
