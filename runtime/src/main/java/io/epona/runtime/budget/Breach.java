package io.epona.runtime.budget;

/**
 * One record batch that took longer than a stage's budget.
 *
 * @param epochNs        when it was seen, nanoseconds since the Unix epoch
 * @param partitionIndex of the batch
 * @param offset         first offset of the batch
 * @param breached       stage whose budget was exceeded
 * @param elapsedNs      what that stage took
 * @param culprit        stage, or part of it, that ate the budget
 * @param culpritNs      what the culprit took
 */
public record Breach(
        long epochNs, int partitionIndex, long offset, Stage breached, long elapsedNs, Stage culprit, long culpritNs) {}
