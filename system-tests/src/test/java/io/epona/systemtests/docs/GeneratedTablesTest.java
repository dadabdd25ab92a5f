package io.epona.systemtests.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;

/**
 * Compares each generated table of the documents with what the code generates. With {@code -Depona.docs.update=true} it
 * writes them instead.
 */
@Timeout(120)
class GeneratedTablesTest {
    private static final boolean IS_UPDATE = Boolean.getBoolean("epona.docs.update");
    private static final String HOW_TO_UPDATE =
            "run ./epona test -pl system-tests -am -Dtest=GeneratedTablesTest -Depona.docs.update=true to update";
    private static final List<String> DOCUMENTS =
            List.of("docs/operations.md", "docs/user-guide.md", "docs/compatibility.md");

    @TestFactory
    Stream<DynamicTest> shouldShowWhatTheCodeHas() throws IOException {
        return DOCUMENTS.stream()
                .flatMap(document -> names(document).stream()
                        .map(name -> dynamicTest(document + " " + name, () -> compare(document, name))));
    }

    private static List<String> names(final String document) {
        try {
            return MarkedText.read(document).generatedNames();
        } catch (final IOException ex) {
            throw new java.io.UncheckedIOException(ex);
        }
    }

    private static void compare(final String document, final String name) throws IOException {
        final MarkedText marked = MarkedText.read(document);
        final String table = GeneratedTables.make(name);
        if (IS_UPDATE) {
            Files.writeString(marked.path(), marked.withGenerated(name, table).text());
        } else {
            final List<String> code = table.lines().toList();
            final List<String> said = marked.generated(name).lines().toList();
            assertEquals(List.of(), without(code, said), document + " lacks lines; " + HOW_TO_UPDATE);
            assertEquals(List.of(), without(said, code), document + " has lines too many; " + HOW_TO_UPDATE);
            assertEquals(code, said, document + " has another order; " + HOW_TO_UPDATE);
        }
    }

    private static List<String> without(final List<String> lines, final List<String> others) {
        return lines.stream().filter(line -> !others.contains(line)).toList();
    }
}
