package io.epona.node;

import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeviceFaultsTest {
    private static final InternalError FAULT =
            new InternalError("a fault occurred in an unsafe memory access operation");

    @TempDir
    private Path directory;

    @Test
    void shouldPointAtTheDevicesWhenAMappedFileCannotBeAccessed() {
        final Throwable told = DeviceFaults.explain(new RuntimeException(FAULT), List.of(directory));
        assertTrue(told.getMessage().contains("mapped file"), told.getMessage());
        assertTrue(told.getMessage().contains(directory.toString()), told.getMessage());
        assertSame(FAULT, told.getCause().getCause());
    }

    @Test
    void shouldNameTheFullDeviceWhenThereIsOne() {
        // procfs has no space at all.
        final Throwable told = DeviceFaults.explain(FAULT, List.of(directory, Path.of("/proc")));
        assertTrue(told.getMessage().contains("No space left on device: [/proc"), told.getMessage());
    }

    @Test
    void shouldLeaveOtherReasonsAsTheyAre() {
        final Exception other = new IllegalStateException("other", new InternalError("of another kind"));
        assertSame(other, DeviceFaults.explain(other, List.of(directory)));
    }
}
