package io.epona.runtime;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * Linux niceness of single threads: there, unlike in POSIX, {@code setpriority} for "process" zero means the calling
 * thread only. Java's own thread priorities do nothing without privileges.
 */
final class ThreadNiceness {
    private static final int PRIO_PROCESS = 0;
    private static final int CALLING_THREAD = 0;
    private static final boolean IS_LINUX = "Linux".equals(System.getProperty("os.name"));

    private ThreadNiceness() {}

    /** Sets the niceness of the calling thread; false when the system does not let it or is not Linux. */
    static boolean set(final int nice) {
        return IS_LINUX && Native.set(nice) && Native.get() == nice;
    }

    /** Niceness of the calling thread; 0 where there is none. */
    static int get() {
        return IS_LINUX ? Native.get() : 0;
    }

    private static final class Native {
        private static final MethodHandle SET_PRIORITY = handle(
                "setpriority",
                FunctionDescriptor.of(
                        ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
        private static final MethodHandle GET_PRIORITY = handle(
                "getpriority", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));

        @SuppressWarnings("restricted") // the only way to call the C library; started with --enable-native-access
        private static MethodHandle handle(final String name, final FunctionDescriptor descriptor) {
            final Linker linker = Linker.nativeLinker();
            final SymbolLookup lookup = linker.defaultLookup();
            return linker.downcallHandle(lookup.findOrThrow(name), descriptor);
        }

        static boolean set(final int nice) {
            try {
                return 0 == (int) SET_PRIORITY.invokeExact(PRIO_PROCESS, CALLING_THREAD, nice);
            } catch (final Throwable t) {
                throw new AssertionError("setpriority cannot throw", t);
            }
        }

        static int get() {
            try {
                return (int) GET_PRIORITY.invokeExact(PRIO_PROCESS, CALLING_THREAD);
            } catch (final Throwable t) {
                throw new AssertionError("getpriority cannot throw", t);
            }
        }
    }
}
