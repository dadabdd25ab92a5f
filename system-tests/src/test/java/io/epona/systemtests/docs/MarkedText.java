package io.epona.systemtests.docs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A Markdown document with marked parts, marks being comments that no reader sees:
 *
 * <pre>
 * &lt;!-- generated: NAME --&gt; ... &lt;!-- end generated --&gt;   written by the code
 * &lt;!-- checked: NAME --&gt; ... &lt;!-- end checked --&gt;       written by hand, compared with the code
 * &lt;!-- runs: NAME --&gt; and a fenced block             an example that is run
 * </pre>
 *
 * @param path of the document
 * @param text all of it
 */
record MarkedText(Path path, String text) {
    private static final Pattern GENERATED = Pattern.compile("<!-- generated: (\\S+) -->\n");
    private static final Pattern FENCED = Pattern.compile("```\\w+\n(.*?)```\n", Pattern.DOTALL);

    static MarkedText read(final String document) throws IOException {
        final Path path = Documents.path(document);
        return new MarkedText(path, Files.readString(path));
    }

    /** Names of the generated parts. */
    List<String> generatedNames() {
        final List<String> names = new ArrayList<>();
        final Matcher matcher = GENERATED.matcher(text);
        while (matcher.find()) {
            names.add(matcher.group(1));
        }
        return names;
    }

    /** A generated part, without its marks. */
    String generated(final String name) {
        return between("<!-- generated: " + name + " -->\n", "<!-- end generated -->");
    }

    /** The document with another content between the marks of a generated part. */
    MarkedText withGenerated(final String name, final String content) {
        final String mark = "<!-- generated: " + name + " -->\n";
        final int start = text.indexOf(mark) + mark.length();
        final int end = text.indexOf("<!-- end generated -->", start);
        return new MarkedText(path, text.substring(0, start) + content + text.substring(end));
    }

    /** A part that is written by hand and compared, without its marks. */
    String checked(final String name) {
        return between("<!-- checked: " + name + " -->\n", "<!-- end checked -->");
    }

    /** The fenced block behind a mark that says that it is run. */
    String example(final String name) {
        final String mark = "<!-- runs: " + name + " -->\n";
        final int start = text.indexOf(mark);
        final Matcher matcher = FENCED.matcher(text);
        if (start < 0 || !matcher.find(start + mark.length()) || matcher.start() != start + mark.length()) {
            throw new IllegalStateException("no example of that name: document=" + path + ", name=" + name);
        }
        return matcher.group(1);
    }

    private String between(final String start, final String end) {
        final int from = text.indexOf(start);
        final int to = text.indexOf(end, from);
        if (from < 0 || to < 0) {
            throw new IllegalStateException("no such part: document=" + path + ", mark=" + start.strip());
        }
        return text.substring(from + start.length(), to);
    }
}
