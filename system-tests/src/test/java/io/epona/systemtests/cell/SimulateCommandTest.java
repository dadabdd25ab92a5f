package io.epona.systemtests.cell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 300, unit = TimeUnit.SECONDS)
class SimulateCommandTest {
    private final ByteArrayOutputStream output = new ByteArrayOutputStream();

    private int run(final String... arguments) throws InterruptedException {
        output.reset();
        return SimulateCommand.run(arguments, new PrintStream(output, true, StandardCharsets.UTF_8));
    }

    private String output() {
        return output.toString(StandardCharsets.UTF_8);
    }

    @Test
    void shouldEndWithZeroWhenEveryPromiseWasKept() throws InterruptedException {
        assertEquals(0, run("--seeds", "4", "--from", "100"), output());
        assertTrue(output().contains("seeds=4"), output());
        assertTrue(output().contains("failed=0"), output());
    }

    @Test
    void shouldNameTheSeedAndHowToRunItAgainWhenAPromiseWasBroken() throws InterruptedException {
        assertEquals(1, run("--seeds", "200", "--bug", "COMMIT_WITHOUT_FOLLOWERS", "--lines", "20"));
        final String text = output();
        assertTrue(text.contains("BROKE A PROMISE"), text);
        final String command = text.lines()
                .filter(line -> line.startsWith("to run it again: ./epona simulate "))
                .findFirst()
                .orElseThrow(() -> new AssertionError(text));
        final String brokenPromise = text.lines()
                .filter(line -> line.contains("BROKE A PROMISE"))
                .findFirst()
                .orElseThrow();

        final String[] again = command.substring(command.indexOf("--seed")).split(" ");
        assertEquals(1, run(again));
        assertTrue(output().contains(brokenPromise), "another promise than: " + brokenPromise + "\n" + output());
    }

    @Test
    void shouldEndWithTwoWhenArgumentsAreWrong() throws InterruptedException {
        assertEquals(2, run("--seeds", "many"));
        assertEquals(2, run("--colour", "red"));
        assertEquals(2, run("--bug", "NO_SUCH_BUG"));
        assertEquals(2, run("--seed"));
        assertTrue(output().contains("usage:"), output());
    }

    @Test
    void shouldPrintItsUsageWhenAskedTo() throws InterruptedException {
        assertEquals(0, run("--help"));
        assertTrue(output().contains("--from S"), output());
    }
}
