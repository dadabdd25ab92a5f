package io.epona.replicator.driver;

import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MediaDriverConfigTest {
    private static MediaDriverConfig config(
            final boolean isDedicated, final String idle, final int mtu, final int buffer, final int term) {
        return new MediaDriverConfig(Path.of("/dev/shm/none"), isDedicated, idle, List.of(), mtu, buffer, term, 5);
    }

    @ParameterizedTest
    @CsvSource({
        "true, event, 1408, 65536, 65536",
        "false, often, 1408, 65536, 65536",
        "false, event, 1407, 65536, 65536",
        "false, event, 65536, 131072, 65536",
        "false, event, 8192, 4096, 65536",
        "false, event, 1408, 65536, 65537",
        "false, event, 1408, 65536, 32768"
    })
    void shouldRefuseValuesThatCannotBe(
            final boolean isDedicated, final String idle, final int mtu, final int buffer, final int term) {
        assertThrows(IllegalArgumentException.class, () -> config(isDedicated, idle, mtu, buffer, term));
    }

    @Test
    void shouldRefuseFewerCoresThanThreads() {
        assertThrows(
                IllegalArgumentException.class,
                () -> new MediaDriverConfig(
                        Path.of("/dev/shm/none"), true, "spin", List.of(1, 2), 1408, 65_536, 65_536, 5));
    }
}
