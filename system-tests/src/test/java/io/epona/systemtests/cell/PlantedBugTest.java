package io.epona.systemtests.cell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The simulation has teeth: bugs that other systems had are found when somebody puts them in. */
@Timeout(value = 300, unit = TimeUnit.SECONDS)
class PlantedBugTest {
    /** Each bug is found within so many seeds; the rarest shows in one of five hundred. */
    private static final int SEEDS_FOR_A_BUG = 3_000;

    /** Numbers of the lessons that must be among the bugs. */
    private static final Set<Integer> LESSONS = Set.of(1, 2, 8, 9, 10, 15, 16, 17, 45, 46);

    @ParameterizedTest
    @EnumSource(value = PlantedBug.class, mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void shouldFindTheBugWhenOneIsPlanted(final PlantedBug bug) throws InterruptedException {
        final ByteArrayOutputStream output = new ByteArrayOutputStream();
        final String[] arguments = {"--seeds", Integer.toString(SEEDS_FOR_A_BUG), "--bug", bug.name(), "--lines", "0"};
        final int status = SimulateCommand.run(arguments, new PrintStream(output, true, StandardCharsets.UTF_8));
        final String text = output.toString(StandardCharsets.UTF_8);
        assertEquals(1, status, "not found in " + SEEDS_FOR_A_BUG + " seeds: " + bug + "\n" + text);
        assertTrue(text.contains("BROKE A PROMISE"), text);
        System.out.println(bug + " (lesson " + bug.row() + ") found: "
                + text.lines().findFirst().orElseThrow());
    }

    @Test
    void shouldPlantABugForEachLessonThatReplicationTeaches() {
        final Set<Integer> rows =
                Arrays.stream(PlantedBug.values()).map(PlantedBug::row).collect(Collectors.toSet());
        assertTrue(rows.containsAll(LESSONS), "planted are lessons " + rows + ", needed are " + LESSONS);
    }
}
