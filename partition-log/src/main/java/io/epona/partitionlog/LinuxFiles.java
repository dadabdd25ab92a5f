package io.epona.partitionlog;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.file.Path;

/**
 * The two calls of Linux that Java lacks and that keep a flush from stalling the journal on the same device:
 * {@code sync_file_range} starts write-back of a part of a file, {@code syncfs} flushes a whole file system at a clean
 * stop. Stateless; any thread. Where they are not available, {@link #isAvailable()} says so and plain flushes remain.
 */
final class LinuxFiles {
    /** In place of a descriptor of a file that does not exist. */
    static final int NO_DESCRIPTOR = -1;

    private static final int ENOENT = 2;
    private static final int O_RDONLY = 0;
    private static final int O_CLOEXEC = 0x80000;
    private static final int SYNC_FILE_RANGE_WRITE = 2;

    private static final MethodHandle OPEN;
    private static final MethodHandle CLOSE;
    private static final MethodHandle SYNC_FILE_RANGE;
    private static final MethodHandle SYNCFS;
    private static final MemoryLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

    static {
        final ValueLayout i32 = ValueLayout.JAVA_INT;
        final ValueLayout i64 = ValueLayout.JAVA_LONG;
        OPEN = find("open", FunctionDescriptor.of(i32, ValueLayout.ADDRESS, i32));
        CLOSE = find("close", FunctionDescriptor.of(i32, i32));
        SYNC_FILE_RANGE = find("sync_file_range", FunctionDescriptor.of(i32, i32, i64, i64, i32));
        SYNCFS = find("syncfs", FunctionDescriptor.of(i32, i32));
    }

    private LinuxFiles() {}

    /** Whether this system has the calls. */
    static boolean isAvailable() {
        return OPEN != null && CLOSE != null && SYNC_FILE_RANGE != null && SYNCFS != null;
    }

    /**
     * Starts write-back of a part of a file and returns; waits only when the device's queue is full. Does nothing for a
     * file that does not exist.
     *
     * @throws IOException when the file cannot be opened or an earlier write-back of it failed
     */
    static void startWriteBack(final Path file, final long position, final long length) throws IOException {
        final int descriptor = open(file);
        if (descriptor == NO_DESCRIPTOR) {
            return; // deleted meanwhile: nothing of it is left to be written
        }
        try {
            call("write back", file, state ->
                    (int) SYNC_FILE_RANGE.invokeExact(state, descriptor, position, length, SYNC_FILE_RANGE_WRITE));
        } finally {
            close(descriptor);
        }
    }

    /** Flushes everything of the file system that an open file is on. Blocks for as long as that takes. */
    static void flushFileSystem(final int descriptor, final Path path) throws IOException {
        call("flush the file system of", path, state -> (int) SYNCFS.invokeExact(state, descriptor));
    }

    /**
     * Opens a file or directory for reading.
     *
     * @return the descriptor, or {@link #NO_DESCRIPTOR} when there is no such file
     */
    static int open(final Path path) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment name = arena.allocateFrom(path.toString());
            return call("open", path, state -> (int) OPEN.invokeExact(state, name, O_RDONLY | O_CLOEXEC));
        }
    }

    /** Closes what {@link #open} opened; nothing was written through it, so nothing can fail that matters. */
    static void close(final int descriptor) {
        try {
            call("close", Path.of("fd " + descriptor), state -> (int) CLOSE.invokeExact(state, descriptor));
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private interface Call {
        int make(MemorySegment state) throws Throwable;
    }

    private static int call(final String what, final Path path, final Call call) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment state = arena.allocate(STATE);
            final int result = call.make(state);
            if (result >= 0) {
                return result;
            }
            final int errno = (int) ERRNO.get(state, 0L);
            if (errno == ENOENT) {
                return NO_DESCRIPTOR;
            }
            throw new IOException("cannot " + what + " " + path + ": errno=" + errno);
        } catch (final IOException | RuntimeException | Error e) {
            throw e;
        } catch (final Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    @SuppressWarnings("restricted") // calling the C library is the point of this class
    private static MethodHandle find(final String name, final FunctionDescriptor descriptor) {
        final SymbolLookup library = Linker.nativeLinker().defaultLookup();
        return library.find(name)
                .map(address -> Linker.nativeLinker()
                        .downcallHandle(address, descriptor, Linker.Option.captureCallState("errno")))
                .orElse(null);
    }
}
