package io.epona.demo.report;

import io.epona.runtime.budget.Stage;
import io.epona.runtime.budget.StageTable;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.HdrHistogram.Histogram;

/**
 * What the user sees while it runs: one line a second, or, on a terminal, that line and the stage table, refreshed in
 * place. One thread.
 */
public final class ConsoleView {
    private static final String UP_AND_CLEAR = "\033[%dA\033[J";
    /** While lines are counted on, a terminal that is too narrow cuts them off instead of breaking them. */
    private static final String WRAP_OFF = "\033[?7l";

    private static final String WRAP_ON = "\033[?7h";

    private final PrintWriter out;
    private final boolean isTerminal;
    private int shownLines;

    /**
     * A view that has shown nothing.
     *
     * @param out standard output
     * @param isTerminal whether text can be overwritten there
     */
    public ConsoleView(final PrintWriter out, final boolean isTerminal) {
        this.out = out;
        this.isTerminal = isTerminal;
    }

    /** True when what is shown is refreshed in place. */
    public boolean isLive() {
        return isTerminal;
    }

    /** A line that stays. */
    public void note(final String text) {
        clear();
        out.println("epona demo: " + text);
        out.flush();
    }

    /** Lines that stay. */
    public void block(final List<String> lines) {
        clear();
        lines.forEach(line -> out.println(line.isEmpty() ? "" : "  " + line));
        out.flush();
    }

    /**
     * How it goes.
     *
     * @param point the second that just passed
     * @param received records so far
     * @param inFlight records sent that have not come yet
     * @param stages times so far; only the end-to-end ones are shown where nothing can be refreshed
     */
    public void progress(
            final TimelinePoint point, final long received, final long inFlight, final Map<Stage, Histogram> stages) {
        final List<String> lines = new ArrayList<>();
        lines.add(line(point, received, inFlight, stages.get(Stage.END_TO_END)));
        if (isTerminal) {
            lines.add("");
            lines.addAll(StageTable.lines(stages));
        }
        clear();
        out.print(isTerminal ? WRAP_OFF : "");
        lines.forEach(line -> out.println(line.isEmpty() ? "" : "  " + line));
        out.print(isTerminal ? WRAP_ON : "");
        out.flush();
        shownLines = isTerminal ? lines.size() : 0;
    }

    private static String line(
            final TimelinePoint point, final long received, final long inFlight, final Histogram endToEnd) {
        return String.format(
                Locale.ROOT,
                "%4.0f s  %,10d records  %,8.0f/s  p50 %8s  p99 %8s  max %8s%s",
                point.second(),
                received,
                point.receivedPerSecond(),
                StageTable.duration(endToEnd.getValueAtPercentile(50)),
                StageTable.duration(endToEnd.getValueAtPercentile(99)),
                StageTable.duration(endToEnd.getMaxValue()),
                inFlight > 0 ? String.format(Locale.ROOT, "  (%,d on their way)", inFlight) : "");
    }

    private void clear() {
        if (shownLines > 0) {
            out.printf(Locale.ROOT, UP_AND_CLEAR, shownLines);
            shownLines = 0;
        }
    }
}
