package io.epona.runtime.budget;

/**
 * One record batch that took longer than a stage's budget.
 *
 * @param epochNs when it was seen, nanoseconds since the Unix epoch
 * @param partitionIndex of the batch
 * @param offset first offset of the batch
 * @param breached stage whose budget was exceeded
 * @param elapsedNs what that stage took
 * @param culprit stage, or part of it, that ate the budget
 * @param culpritNs what the culprit took
 */
public record Breach(
        long epochNs, int partitionIndex, long offset, Stage breached, long elapsedNs, Stage culprit, long culpritNs) {
    /** One line of text, fields separated by spaces, for {@link #parse(String)}. */
    public String toLine() {
        return epochNs + " " + partitionIndex + ' ' + offset + ' ' + breached.label() + ' ' + elapsedNs + ' '
                + culprit.label() + ' ' + culpritNs;
    }

    /**
     * Reads what {@link #toLine()} wrote.
     *
     * @throws IllegalArgumentException when it is not of that form
     */
    public static Breach parse(final String line) {
        final String[] fields = line.strip().split(" ");
        if (fields.length != 7) {
            throw new IllegalArgumentException("not a breach: line=" + line);
        }
        return new Breach(
                Long.parseLong(fields[0]),
                Integer.parseInt(fields[1]),
                Long.parseLong(fields[2]),
                Stage.ofLabel(fields[3]),
                Long.parseLong(fields[4]),
                Stage.ofLabel(fields[5]),
                Long.parseLong(fields[6]));
    }
}
