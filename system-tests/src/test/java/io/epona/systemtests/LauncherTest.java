package io.epona.systemtests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The launcher script in a checkout of its own: the script and the flags are the real ones, Maven and Java are scripts
 * that write down how they were called.
 */
@Timeout(60)
class LauncherTest {
    private static final Path PROJECT = Path.of("").toAbsolutePath().getParent();
    private static final String FAKE_MAVEN = """
            #!/usr/bin/env bash
            echo "mvn $*" >>"$EPONA_TEST_CALLS"
            if [[ -n ${EPONA_TEST_BUILD_ERROR:-} ]]; then
                echo "[INFO] a line that nobody wants to read"
                echo "[ERROR] $EPONA_TEST_BUILD_ERROR"
                exit 1
            fi
            sleep 0.2
            mkdir -p node/target/lib
            rm -f node/target/lib/*
            echo jar >node/target/lib/epona-node-1.jar
            """;
    private static final String FAKE_JAVA = """
            #!/usr/bin/env bash
            echo "java $$ $*" >>"$EPONA_TEST_CALLS"
            for argument in "$@"; do
                case $argument in
                    -XX:AOTCacheOutput=*) [[ -n ${EPONA_TEST_TRAINING_FAILS:-} ]] || echo cache >"${argument#*=}" ;;
                esac
            done
            """;

    private record Result(int status, String out, String err, long pid) {}

    @TempDir
    private Path temporary;

    private Path checkout;
    private Path calls;
    private Path jdk;

    @BeforeEach
    void makeCheckout() throws IOException {
        checkout = Files.createDirectories(temporary.resolve("a checkout"));
        calls = temporary.resolve("calls");
        jdk = fakeJdk("jdk", "25.0.3");
        Files.copy(PROJECT.resolve("epona"), checkout.resolve("epona"));
        Files.createDirectories(checkout.resolve("build/jvm"));
        try (Stream<Path> options = Files.list(PROJECT.resolve("build/jvm"))) {
            for (final Path option : options.toList()) {
                Files.copy(option, checkout.resolve("build/jvm").resolve(option.getFileName()));
            }
        }
        Files.createDirectories(checkout.resolve(".mvn"));
        Files.createDirectories(checkout.resolve("node/src/main/java"));
        Files.writeString(checkout.resolve("pom.xml"), "");
        Files.writeString(checkout.resolve("node/pom.xml"), "");
        Files.writeString(checkout.resolve("node/src/main/java/A.java"), "");
        script(temporary.resolve("bin/mvn"), FAKE_MAVEN);
    }

    @Test
    void shouldBuildOnceWhenNothingChanges() throws Exception {
        final Result first = run("version");
        assertEquals(0, first.status(), first.err());
        assertTrue(first.err().contains("epona: built in"), first.err());
        assertEquals("", run("version").err());
        assertEquals(1, mavenCalls().size(), mavenCalls()::toString);
    }

    @Test
    void shouldBuildAgainWhenASourceIsNewer() throws Exception {
        run("version");
        touch(checkout.resolve("node/src/main/java/A.java"));
        run("version");
        assertEquals(2, mavenCalls().size(), mavenCalls()::toString);
    }

    @Test
    void shouldBuildAgainWhenASourceIsDeleted() throws Exception {
        run("version");
        Files.delete(checkout.resolve("node/src/main/java/A.java"));
        touch(checkout.resolve("node/src/main/java"));
        run("version");
        assertEquals(2, mavenCalls().size(), mavenCalls()::toString);
    }

    @Test
    void shouldBuildOnlyOnceWhenStartedTwiceAtTheSameTime() throws Exception {
        final Process one = start(Map.of(), checkout.resolve("epona"), "version");
        final Process other = start(Map.of(), checkout.resolve("epona"), "version");
        assertEquals(0, finish(one).status());
        assertEquals(0, finish(other).status());
        assertEquals(1, mavenCalls().size(), mavenCalls()::toString);
    }

    @Test
    void shouldRunWhatIsBuiltWhenBuildingIsOff() throws Exception {
        run("version");
        touch(checkout.resolve("pom.xml"));
        final Result result = run(Map.of("EPONA_BUILD", "off"), checkout.resolve("epona"), "version");
        assertEquals(0, result.status(), result.err());
        assertEquals(1, mavenCalls().size(), mavenCalls()::toString);
    }

    @Test
    void shouldShowTheErrorsAndTheLogWhenTheBuildFails() throws Exception {
        final Result result = run(
                Map.of("EPONA_TEST_BUILD_ERROR", "A.java:[3,7] ';' expected"), checkout.resolve("epona"), "version");
        assertEquals(1, result.status());
        assertTrue(result.err().contains("[ERROR] A.java:[3,7] ';' expected"), result.err());
        assertTrue(result.err().contains("target/build.log"), result.err());
        assertFalse(result.err().contains("nobody wants"), result.err());
        assertFalse(calls().stream().anyMatch(call -> call.startsWith("java")), () -> "ran an old build");
    }

    @Test
    void shouldRunFromAnyDirectoryWhenCalledThroughASymbolicLink() throws Exception {
        final Path link = Files.createSymbolicLink(temporary.resolve("bin/epona"), checkout.resolve("epona"));
        final Result result = run(Map.of(), link, "version");
        assertEquals(0, result.status(), result.err());
        assertTrue(lastJavaCall().endsWith("io.epona.node.cli.EponaCli version"), lastJavaCall());
    }

    @Test
    void shouldBecomeTheJavaProcessWhenANodeIsStarted() throws Exception {
        final Result result = run("start", "--dir", "/nowhere");
        assertEquals(0, result.status(), result.err());
        assertTrue(lastJavaCall().startsWith("java " + result.pid() + " "), lastJavaCall());
        assertTrue(lastJavaCall().contains("/build/jvm/shared.options"), lastJavaCall());
        assertTrue(lastJavaCall().endsWith("EponaCli start --dir /nowhere"), lastJavaCall());
    }

    @Test
    void shouldTakeTheFlagsOfTheProfileWhenOneIsNamed() throws Exception {
        run("start", "--profile", "dedicated");
        assertTrue(lastJavaCall().contains("/build/jvm/dedicated.options"), lastJavaCall());
        run("start", "--profile=dedicated");
        assertTrue(lastJavaCall().contains("/build/jvm/dedicated.options"), lastJavaCall());
    }

    @Test
    void shouldAddTheUsersFlagsAfterOursWhenGiven() throws Exception {
        run(Map.of("EPONA_JAVA_OPTS", "-Xmx1g -Dx=y"), checkout.resolve("epona"), "version");
        assertTrue(lastJavaCall().contains("/tool.options"), lastJavaCall());
        assertTrue(lastJavaCall().indexOf("-Xmx1g -Dx=y") > lastJavaCall().indexOf("/tool.options"), lastJavaCall());
    }

    @Test
    void shouldTrainOnceAndUseTheCacheWhenANodeIsStartedTwice() throws Exception {
        run("start");
        run("start");
        final List<String> training =
                calls().stream().filter(call -> call.contains("AotTraining")).toList();
        assertEquals(1, training.size(), training::toString);
        assertTrue(lastJavaCall().contains("-XX:AOTCache="), lastJavaCall());
    }

    @Test
    void shouldTrainAgainWhenTheFlagsChange() throws Exception {
        run("start");
        Files.writeString(checkout.resolve("build/jvm/shared.options"), "-Xmx99m\n");
        run("start");
        assertEquals(
                2, calls().stream().filter(call -> call.contains("AotTraining")).count());
        try (Stream<Path> caches = Files.list(checkout.resolve("node/target/aot"))) {
            assertEquals(
                    1, caches.filter(cache -> cache.toString().endsWith(".aot")).count());
        }
    }

    @Test
    void shouldStartWithoutACacheAndWithoutAWordWhenTrainingFails() throws Exception {
        run("version");
        final Map<String, String> failing = Map.of("EPONA_TEST_TRAINING_FAILS", "yes");
        for (int round = 0; round < 2; round++) {
            final Result result = run(failing, checkout.resolve("epona"), "start");
            assertEquals(0, result.status(), result.err());
            assertEquals("", result.err());
            assertFalse(lastJavaCall().contains("-XX:AOTCache"), lastJavaCall());
        }
        assertEquals(
                1, calls().stream().filter(call -> call.contains("AotTraining")).count());
    }

    @Test
    void shouldNotTrainWhenOnlyWordsAreAskedFor() throws Exception {
        run("start", "--help");
        run("start", "--print-config");
        run("version");
        assertFalse(calls().stream().anyMatch(call -> call.contains("AotTraining")));
    }

    @Test
    void shouldSayWhatItNeedsWhenTheNamedJdkIsTooOld() throws Exception {
        final Path old = fakeJdk("old", "21.0.2");
        final Result result = run(Map.of("EPONA_JAVA_HOME", old.toString()), checkout.resolve("epona"), "version");
        assertEquals(1, result.status());
        assertTrue(result.err().contains("is no JDK 25 or newer"), result.err());
    }

    private Path fakeJdk(final String name, final String version) throws IOException {
        final Path home = temporary.resolve(name);
        script(home.resolve("bin/java"), FAKE_JAVA);
        script(home.resolve("bin/javac"), "#!/bin/sh\n");
        Files.writeString(home.resolve("release"), "JAVA_VERSION=\"" + version + "\"\n");
        return home;
    }

    private static void script(final Path file, final String text) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /** Gives the file a time that is certainly later than any build so far, without waiting for the clock. */
    private static void touch(final Path file) throws IOException {
        Files.setLastModifiedTime(file, FileTime.from(Instant.now().plusSeconds(5)));
    }

    private Result run(final String... arguments) throws Exception {
        return run(Map.of(), checkout.resolve("epona"), arguments);
    }

    private Result run(final Map<String, String> environment, final Path launcher, final String... arguments)
            throws Exception {
        return finish(start(environment, launcher, arguments));
    }

    private Process start(final Map<String, String> environment, final Path launcher, final String... arguments)
            throws IOException {
        final ProcessBuilder builder = new ProcessBuilder();
        builder.command().add(launcher.toString());
        builder.command().addAll(List.of(arguments));
        builder.directory(temporary.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("EPONA_"));
        builder.environment().put("EPONA_JAVA_HOME", jdk.toString());
        builder.environment().put("EPONA_TEST_CALLS", calls.toString());
        builder.environment().merge("PATH", temporary.resolve("bin").toString(), (path, bin) -> bin + ":" + path);
        builder.environment().putAll(environment);
        return builder.start();
    }

    private static Result finish(final Process process) throws Exception {
        process.getOutputStream().close();
        if (!process.waitFor(30, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            fail("the launcher hangs");
        }
        final String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        final String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Result(process.exitValue(), out, err, process.pid());
    }

    private List<String> calls() throws IOException {
        return Files.exists(calls) ? Files.readAllLines(calls) : List.of();
    }

    private List<String> mavenCalls() throws IOException {
        return calls().stream().filter(call -> call.startsWith("mvn ")).toList();
    }

    private String lastJavaCall() throws IOException {
        return calls().stream()
                .filter(call -> call.startsWith("java "))
                .reduce((first, second) -> second)
                .orElseThrow();
    }
}
