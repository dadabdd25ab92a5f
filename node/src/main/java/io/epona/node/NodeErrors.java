package io.epona.node;

import io.epona.runtime.CountersView;
import io.epona.runtime.NodeCountersReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Collectors;

/** What nodes that are gone have noted. Stateless. */
public final class NodeErrors {
    /** Begins the error that a node ended itself for. */
    static final String STOPPED = "stopped by itself: ";

    private static final String CAUSE = "Caused by: ";

    private NodeErrors() {}

    /**
     * Why a node ended itself.
     *
     * @param counters its counters file
     * @return component and reason, on one line; empty when it did not, or its counters file is gone
     */
    public static Optional<String> lastWords(final Path counters) {
        if (!Files.exists(counters)) {
            return Optional.empty();
        }
        try (NodeCountersReader reader = NodeCountersReader.open(counters)) {
            return reader.view().errors().stream()
                    .filter(error -> error.text().contains(STOPPED))
                    .max(Comparator.comparingLong(CountersView.DistinctError::lastMs))
                    .map(error -> messages(error.text()));
        }
    }

    private static String messages(final String stackTraces) {
        final String first = stackTraces.lines().findFirst().orElse("");
        return first.substring(Math.max(0, first.indexOf(STOPPED)))
                + stackTraces
                        .lines()
                        .filter(line -> line.startsWith(CAUSE))
                        .map(line -> ": " + line.substring(CAUSE.length()))
                        .collect(Collectors.joining());
    }
}
