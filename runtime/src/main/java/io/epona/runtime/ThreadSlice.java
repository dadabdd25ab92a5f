package io.epona.runtime;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * The time slice that the Linux scheduler gives to a thread of the normal class: {@code sched_setattr(2)} with
 * {@code sched_runtime}, which needs no privilege and is honoured from Linux 6.12 on. The shorter a thread's slice, the
 * sooner it runs after it was woken while others keep the cores busy; what it may use in all stays the same. Older
 * kernels accept it and do nothing.
 */
final class ThreadSlice {
    private static final int STRUCT_LENGTH = 48;
    private static final int NICE_OFFSET = 16;
    private static final int RUNTIME_OFFSET = 24;

    private ThreadSlice() {}

    /** Sets the slice of the calling thread and keeps its niceness; false where the system does not let it. */
    static boolean set(final long sliceNs) {
        final long systemCall = systemCallNumber();
        if (systemCall < 0) {
            return false;
        }
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment attributes = arena.allocate(STRUCT_LENGTH, Long.BYTES);
            attributes.set(ValueLayout.JAVA_INT, 0, STRUCT_LENGTH);
            attributes.set(ValueLayout.JAVA_INT, NICE_OFFSET, ThreadNiceness.get());
            attributes.set(ValueLayout.JAVA_LONG, RUNTIME_OFFSET, sliceNs);
            return Native.setAttributes(systemCall, attributes);
        }
    }

    private static long systemCallNumber() {
        if (!"Linux".equals(System.getProperty("os.name"))) {
            return -1;
        }
        return switch (System.getProperty("os.arch")) {
            case "amd64", "x86_64" -> 314;
            case "aarch64" -> 274;
            default -> -1;
        };
    }

    private static final class Native {
        private static final long CALLING_THREAD = 0;
        private static final long NO_FLAGS = 0;
        private static final MethodHandle SYSTEM_CALL = handle();

        @SuppressWarnings("restricted") // the only way to call the kernel; started with --enable-native-access
        private static MethodHandle handle() {
            final Linker linker = Linker.nativeLinker();
            return linker.downcallHandle(
                    linker.defaultLookup().findOrThrow("syscall"),
                    FunctionDescriptor.of(
                            ValueLayout.JAVA_LONG,
                            ValueLayout.JAVA_LONG,
                            ValueLayout.JAVA_LONG,
                            ValueLayout.ADDRESS,
                            ValueLayout.JAVA_LONG),
                    Linker.Option.firstVariadicArg(1));
        }

        static boolean setAttributes(final long systemCall, final MemorySegment attributes) {
            try {
                return 0 == (long) SYSTEM_CALL.invokeExact(systemCall, CALLING_THREAD, attributes, NO_FLAGS);
            } catch (final Throwable t) {
                throw new AssertionError("a system call cannot throw", t);
            }
        }
    }
}
