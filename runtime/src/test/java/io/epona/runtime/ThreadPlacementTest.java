package io.epona.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import net.openhft.affinity.Affinity;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@Timeout(120)
@EnabledOnOs(OS.LINUX)
class ThreadPlacementTest {
    private static <T> T onNewThread(final Supplier<T> body) {
        final CompletableFuture<T> result = new CompletableFuture<>();
        Thread.ofPlatform().daemon().start(() -> {
            try {
                result.complete(body.get());
            } catch (final Throwable t) {
                result.completeExceptionally(t);
            }
        });
        return result.join();
    }

    @Test
    void shouldRunWithTheSliceAndKeepItsNicenessWhenOneIsAskedFor() throws Exception {
        final AtomicReference<String> seen = new AtomicReference<>();
        final Thread thread = Thread.ofPlatform().start(() -> {
            final boolean isPlaced =
                    ThreadPlacement.background(3).withSlice(200_000).applyToCurrentThread();
            seen.set(isPlaced + " nice=" + ThreadNiceness.get() + " slice=" + sliceOfThisThread());
        });
        thread.join();
        assertTrue(seen.get().startsWith("true nice=3 slice="), seen.get());
        // Kernels before 6.12 have no such setting, and some show no scheduling details.
        assertTrue(seen.get().endsWith("=200000") || seen.get().endsWith("=unknown"), seen.get());
    }

    private static String sliceOfThisThread() {
        try {
            return Files.readAllLines(Path.of("/proc/thread-self/sched")).stream()
                    .filter(line -> line.startsWith("se.slice"))
                    .map(line -> line.replaceAll(".*:\\s*", ""))
                    .findFirst()
                    .orElse("unknown");
        } catch (final IOException ex) {
            return "unknown";
        }
    }

    @Test
    void shouldChangeTheNicenessOfOneThreadOnly() {
        final int before = ThreadNiceness.get();
        final int nice = onNewThread(() -> {
            assertTrue(ThreadPlacement.background(7).applyToCurrentThread());
            return ThreadNiceness.get();
        });
        assertEquals(7, nice);
        assertEquals(before, ThreadNiceness.get());
    }

    @Test
    void shouldPinToTheConfiguredCore() {
        final int core = onNewThread(() -> Affinity.getAffinity().nextSetBit(0));
        final int cores = onNewThread(() -> {
            ThreadPlacement.pinnedTo(core).applyToCurrentThread();
            return Affinity.getAffinity().cardinality();
        });
        assertEquals(1, cores);
    }

    @Test
    void shouldRefuseWhatIsOutOfRange() {
        assertThrows(IllegalArgumentException.class, () -> new ThreadPlacement(-2, 0, 0));
        assertThrows(IllegalArgumentException.class, () -> new ThreadPlacement(0, 20, 0));
        assertThrows(IllegalArgumentException.class, () -> new ThreadPlacement(0, 0, 1));
    }

    @Test
    void shouldNotLoadAffinityWhenNoCoreIsConfigured() throws IOException, InterruptedException {
        assertFalse(loadedClasses("-1").contains("net.openhft"), "Affinity was loaded");
        assertTrue(loadedClasses("0").contains("net.openhft"), "the check does not see Affinity");
    }

    private static String loadedClasses(final String core) throws IOException, InterruptedException {
        final Process process = ChildJvm.start(List.of("-Xlog:class+load"), Placed.class, core);
        final String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(20, TimeUnit.SECONDS));
        assertTrue(output.contains("placed"), output);
        return output;
    }

    static final class Placed {
        private Placed() {}

        public static void main(final String[] args) {
            try {
                new ThreadPlacement(Integer.parseInt(args[0]), 1, 0).applyToCurrentThread();
            } catch (final IllegalStateException ex) {
                System.out.println(ex.getMessage()); // a container may not have core 0
            }
            System.out.println("placed");
        }
    }
}
