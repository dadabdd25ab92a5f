package io.epona.systemtests.cell;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What happened last, for whoever reads a failure. It keeps the newest lines only, and nothing when it is off: a failed
 * seed is run again with it. One thread.
 */
final class Trace {
    private static final int LINES_KEPT = 4_000;

    private final boolean isOn;
    private final String[] lines = new String[LINES_KEPT];
    private long count;
    private Timeline timeline;

    Trace(final boolean isOn) {
        this.isOn = isOn;
    }

    void timeline(final Timeline source) {
        timeline = source;
    }

    boolean isOn() {
        return isOn;
    }

    /** Notes what happened; {@code who} is -1 for the world. Arguments are joined only when the trace is on. */
    void note(final int who, final Object... what) {
        if (!isOn) {
            return;
        }
        final StringBuilder text = new StringBuilder(120);
        text.append(String.format(Locale.ROOT, "%13.6f ms  ", timeline.nowNs() / 1e6));
        text.append(who < 0 ? "        " : "node " + who + "  ");
        for (final Object part : what) {
            text.append(part);
        }
        lines[(int) (count % LINES_KEPT)] = text.toString();
        count++;
    }

    /** The newest lines, oldest first. */
    List<String> last(final int most) {
        final List<String> result = new ArrayList<>();
        final long from = Math.max(0, count - Math.min(most, LINES_KEPT));
        for (long i = from; i < count; i++) {
            result.add(lines[(int) (i % LINES_KEPT)]);
        }
        return result;
    }
}
