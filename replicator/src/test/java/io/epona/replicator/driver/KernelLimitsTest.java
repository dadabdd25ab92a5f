package io.epona.replicator.driver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KernelLimitsTest {
    private static final int WANTED = 2 * 1024 * 1024;

    @TempDir
    Path directory;

    private KernelLimits limits(final String receive, final String send) throws IOException {
        Files.writeString(directory.resolve("rmem_max"), receive);
        Files.writeString(directory.resolve("wmem_max"), send);
        return KernelLimits.read(directory);
    }

    @Test
    void shouldReduceBuffersAndSayWhatToSetWhenTheKernelAllowsLess() throws IOException {
        final KernelLimits limits = limits("212992\n", "9999999999\n");
        assertEquals(212_992, limits.receiveLength(WANTED));
        assertEquals(WANTED, limits.sendLength(WANTED));
        assertEquals(1, limits.warnings(WANTED).size());
        assertTrue(limits.warnings(WANTED).getFirst().contains("sysctl -w net.core.rmem_max=2097152"));
    }

    @Test
    void shouldReadThisMachinesLimitsWhole() {
        assertTrue(KernelLimits.read().maxReceiveLength() > 4_096);
        assertTrue(KernelLimits.read().maxSendLength() > 4_096);
    }

    @Test
    void shouldLimitNothingWhenTheKernelDoesNotTell() {
        final KernelLimits limits = KernelLimits.read(directory);
        assertEquals(WANTED, limits.receiveLength(WANTED));
        assertEquals(List.of(), limits.warnings(WANTED));
    }

    @Test
    void shouldRefuseWhatIsNoNumber() {
        assertThrows(IllegalStateException.class, () -> limits("much", "1"));
    }
}
