package io.epona.demo.load;

/**
 * A record that took longer than the end-to-end budget.
 *
 * @param topic of it
 * @param partition of it
 * @param offset of it
 * @param dueNs when it was meant to be sent, nanoseconds since the Unix epoch
 * @param elapsedNs from then until the consumer was done with it
 * @param processNs of that, from when the consumer had it
 */
public record OverBudget(DemoTopic topic, int partition, long offset, long dueNs, long elapsedNs, long processNs) {}
