package io.epona.runtime.budget;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import org.HdrHistogram.EncodableHistogram;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramLogReader;
import org.HdrHistogram.HistogramLogWriter;

/**
 * What all recorders of a node recorded over a span of time: one histogram, in nanoseconds, for each owner and stage.
 * Immutable by convention: whoever takes one must not change its histograms. It travels as standard {@code .hlog} text
 * (HdrHistogram's log format), one line for each histogram, tagged {@code owner.stage}.
 */
public final class StageHistograms {
    private static final double MAX_VALUE_UNIT_RATIO = 1_000_000.0; // ns to ms, for the readable column of the log

    private final SequencedMap<Tag, Histogram> histograms;

    /**
     * Who recorded what.
     *
     * @param owner of the recorder
     * @param stage that it recorded
     */
    public record Tag(String owner, Stage stage) {
        @Override
        public String toString() {
            return owner + '.' + stage.label();
        }

        /**
         * Reads the form that {@link #toString()} writes.
         *
         * @throws IllegalArgumentException when it is not of that form
         */
        public static Tag parse(final String text) {
            final int dot = text.indexOf('.');
            if (dot <= 0) {
                throw new IllegalArgumentException("tag is not of the form owner.stage: tag=" + text);
            }
            return new Tag(text.substring(0, dot), Stage.ofLabel(text.substring(dot + 1)));
        }
    }

    StageHistograms(final SequencedMap<Tag, Histogram> histograms) {
        this.histograms = histograms;
    }

    /** One histogram for each owner and stage. */
    public Map<Tag, Histogram> byTag() {
        return java.util.Collections.unmodifiableMap(histograms);
    }

    /** One histogram for each stage, over all owners. */
    public Map<Stage, Histogram> byStage() {
        final Map<Stage, Histogram> merged = new EnumMap<>(Stage.class);
        histograms.forEach((tag, histogram) -> {
            final Histogram sum = merged.get(tag.stage());
            if (null == sum) {
                merged.put(tag.stage(), histogram.copy());
            } else {
                sum.add(histogram);
            }
        });
        return merged;
    }

    /**
     * What came on top of an earlier state of the same node.
     *
     * @param earlier state; when it is of an earlier run of the node, everything counts as new
     */
    public StageHistograms since(final StageHistograms earlier) {
        final SequencedMap<Tag, Histogram> difference = new LinkedHashMap<>();
        histograms.forEach((tag, histogram) -> {
            final Histogram before = earlier.histograms.get(tag);
            final Histogram rest = histogram.copy();
            if (null != before && isSameRun(before, histogram)) {
                rest.subtract(before);
                rest.setStartTimeStamp(before.getEndTimeStamp());
            }
            difference.put(tag, rest);
        });
        return new StageHistograms(difference);
    }

    /** Both began when the node started; the log's text form may lose a millisecond. */
    private static boolean isSameRun(final Histogram before, final Histogram after) {
        return Math.abs(before.getStartTimeStamp() - after.getStartTimeStamp()) <= 1
                && before.getTotalCount() <= after.getTotalCount();
    }

    /** Writes {@code .hlog} lines without a header, as {@link HistogramLogWriter} does. */
    public void writeLines(final OutputStream output) {
        final PrintStream print = new PrintStream(output, false, StandardCharsets.UTF_8);
        writeLines(new HistogramLogWriter(print));
        print.flush();
    }

    void writeLines(final HistogramLogWriter writer) {
        histograms.forEach((tag, histogram) -> {
            histogram.setTag(tag.toString());
            writer.outputIntervalHistogram(
                    histogram.getStartTimeStamp() / 1000.0,
                    histogram.getEndTimeStamp() / 1000.0,
                    histogram,
                    MAX_VALUE_UNIT_RATIO);
        });
    }

    /** The text of an {@code .hlog} file. */
    public String encode() {
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        final PrintStream print = new PrintStream(bytes, false, StandardCharsets.UTF_8);
        final HistogramLogWriter writer = new HistogramLogWriter(print);
        writeHeader(writer);
        writeLines(writer);
        print.flush();
        return bytes.toString(StandardCharsets.UTF_8);
    }

    static void writeHeader(final HistogramLogWriter writer) {
        writer.outputComment("[Epona stage times; histograms in nanoseconds, Interval_Max in milliseconds]");
        writer.outputLogFormatVersion();
        writer.outputLegend();
    }

    /**
     * Reads {@code .hlog} text; lines with the same tag are added up.
     *
     * @throws IllegalArgumentException when it is not such text, or has a stage that this version does not know
     */
    public static StageHistograms decode(final String text) {
        final SequencedMap<Tag, Histogram> histograms = new LinkedHashMap<>();
        try (HistogramLogReader reader =
                new HistogramLogReader(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)))) {
            while (reader.hasNext()) {
                final EncodableHistogram line = reader.nextIntervalHistogram();
                if (line instanceof final Histogram histogram && null != histogram.getTag()) {
                    histograms.merge(Tag.parse(histogram.getTag()), histogram, StageHistograms::sum);
                } else if (null != line) {
                    throw new IllegalArgumentException("histogram without a tag: start=" + line.getStartTimeStamp());
                }
            }
        } catch (final IllegalArgumentException ex) {
            throw ex;
        } catch (final RuntimeException ex) {
            throw new IllegalArgumentException("not histogram log text: length=" + text.length(), ex);
        }
        return new StageHistograms(histograms);
    }

    private static Histogram sum(final Histogram one, final Histogram other) {
        one.add(other);
        return one;
    }
}
