package io.epona.systemtests.client;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** The command line client of librdkafka. */
final class Kcat {
    private Kcat() {}

    /** Skips the test where it is not there. */
    static void assumeInstalled() {
        final boolean isInstalled = Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(directory -> Files.isExecutable(Path.of(directory, "kcat")));
        assumeTrue(isInstalled, "skipped: kcat is not installed (apt-get install kcat)");
    }
}
