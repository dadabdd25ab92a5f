package io.epona.demo.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HtmlReportTest {
    private static final Pattern DATA =
            Pattern.compile("<script type=\"application/json\" id=\"data\">(.*?)</script>", Pattern.DOTALL);

    private static String page() throws IOException {
        final RunResult run = SampleRun.exact();
        return HtmlReport.render(run, Verdict.of(run));
    }

    private static String data(final String page) {
        final Matcher matcher = DATA.matcher(page);
        assertTrue(matcher.find());
        return matcher.group(1);
    }

    @Test
    void shouldNeedNoNetworkWhenOpened() throws Exception {
        final String page = page();
        assertFalse(Pattern.compile("(src|href)\\s*=\\s*[\"']")
                .matcher(page.replaceAll("(?s)<script>.*?</script>", ""))
                .find());
        assertFalse(page.contains("@import"));
        assertFalse(page.contains("sourceMappingURL"));
        assertTrue(page.contains("Chart.js v4"), "the library is in the page");
        assertFalse(page.contains("{{"));
    }

    @Test
    void shouldHoldEveryFigureWhenWritten() throws Exception {
        final String data = data(page());
        for (final String expected : List.of(
                "\"status\":0",
                "\"records\":\"1,000\"",
                "\"lost\":\"0\"",
                "every record came exactly once and in order, within the budget",
                "\"startedAt\":\"2026-01-02 03:04:05 UTC\"",
                "\"name\":\"commit\"",
                "\"name\":\"end-to-end\"",
                "\"name\":\"acknowledged to producer\"",
                "\"budgetMs\":100",
                "\"s\":1.0",
                "a note")) {
            assertTrue(data.contains(expected), expected + " in " + data);
        }
        assertFalse(data.contains("\"name\":\"deliver\""), "what was not recorded has neither row nor curve");
    }

    @Test
    void shouldLeaveGapWhenNothingCameInASecond() throws Exception {
        assertTrue(data(page()).contains("\"p50\":null,\"p99\":null,\"max\":null"));
    }

    @Test
    void shouldKeepTextAsTextWhenItLooksLikeMarkup() throws Exception {
        final String page = page();
        assertFalse(page.contains("<b>fast</b>"));
        assertTrue(data(page).contains("made \\u003c/script> \\u0022up\\u0022"), data(page));
        assertEquals(3, page.split("</script>", -1).length - 1, "the page's three scripts, and no end of one inside");
    }

    @Test
    void shouldWriteFileWhenAsked(@TempDir final Path directory) throws Exception {
        final Path file = directory.resolve("report.html");
        final RunResult run = SampleRun.exact();
        HtmlReport.write(file, run, Verdict.of(run));
        HtmlReport.write(file, run, Verdict.of(run));
        assertEquals(page(), Files.readString(file));
    }

    @Test
    void shouldWriteJsonWhenValuesAreOfAnyKind() {
        final Map<String, Object> map = new LinkedHashMap<>();
        map.put("a", null);
        map.put("b", Arrays.asList(1, 2.5, true, Double.NaN));
        map.put("c\n", "\"\\<\u2028");
        map.put("d", Map.of());
        map.put("e", List.of());
        assertEquals(
                "{\"a\":null,\"b\":[1,2.50000,true,null],"
                        + "\"c\\u000a\":\"\\u0022\\u005c\\u003c\\u2028\",\"d\":{},\"e\":[]}",
                Json.of(map));
    }
}
