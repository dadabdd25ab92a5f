package io.epona.systemtests.docs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Where the project's documents and sources are. */
final class Documents {
    /** The project's directory; tests run in the one of their module. */
    static final Path PROJECT = Path.of("").toAbsolutePath().getParent();

    private Documents() {}

    /** A document by its path in the project. */
    static Path path(final String name) {
        return PROJECT.resolve(name);
    }

    /** All documents of the project. */
    static List<Path> all() throws IOException {
        final List<Path> documents = new ArrayList<>(markdownIn(PROJECT, 1));
        documents.addAll(markdownIn(PROJECT.resolve("docs"), Integer.MAX_VALUE));
        return documents;
    }

    private static List<Path> markdownIn(final Path directory, final int depth) throws IOException {
        try (Stream<Path> files = Files.walk(directory, depth)) {
            return files.filter(file -> file.toString().endsWith(".md"))
                    .sorted()
                    .toList();
        }
    }

    /** The text of all sources that are not tests, with string literals that are added together made one. */
    static String mainSources() throws IOException {
        final StringBuilder text = new StringBuilder();
        try (Stream<Path> modules = Files.list(PROJECT)) {
            for (final Path module : modules.sorted().toList()) {
                final Path sources = module.resolve("src/main/java");
                if (Files.isDirectory(sources)) {
                    append(sources, text);
                }
            }
        }
        return text.toString().replaceAll("\"\\s*\\+\\s*\"", "");
    }

    private static void append(final Path directory, final StringBuilder text) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (final Path file :
                    files.filter(path -> path.toString().endsWith(".java")).toList()) {
                text.append(Files.readString(file)).append('\n');
            }
        }
    }
}
