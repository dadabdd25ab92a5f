package io.epona.systemtests.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Links within the documents lead somewhere. */
class DocumentLinksTest {
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");
    private static final Pattern HEADING = Pattern.compile("(?m)^#+ (.+)$");

    @Test
    void shouldLeadToFilesAndHeadingsThatAreThere() throws IOException {
        final List<String> broken = new ArrayList<>();
        for (final Path document : Documents.all()) {
            final Matcher link = LINK.matcher(Files.readString(document));
            while (link.find()) {
                if (!leadsSomewhere(document, link.group(1))) {
                    broken.add(Documents.PROJECT.relativize(document) + ": " + link.group(1));
                }
            }
        }
        assertEquals(List.of(), broken);
    }

    private static boolean leadsSomewhere(final Path document, final String link) throws IOException {
        if (link.contains("://")) {
            return true;
        }
        final int hash = link.indexOf('#');
        final String file = hash < 0 ? link : link.substring(0, hash);
        final Path target = file.isEmpty() ? document : document.resolveSibling(file);
        return Files.exists(target) && (hash < 0 || anchors(target).contains(link.substring(hash + 1)));
    }

    private static List<String> anchors(final Path document) throws IOException {
        return HEADING.matcher(Files.readString(document))
                .results()
                .map(heading -> heading.group(1)
                        .toLowerCase(Locale.ROOT)
                        .replaceAll("[^\\p{L}\\p{N} _-]", "")
                        .replace(' ', '-'))
                .toList();
    }
}
