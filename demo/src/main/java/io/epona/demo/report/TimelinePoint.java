package io.epona.demo.report;

/**
 * About a second of a run.
 *
 * @param second that it ends at, since the start of the run
 * @param sentPerSecond records handed to the producer
 * @param receivedPerSecond records that the consumer was done with
 * @param p50Ns end-to-end median of those, nanoseconds; 0 when there was none
 * @param p99Ns 99th percentile
 * @param maxNs longest
 */
public record TimelinePoint(
        double second, double sentPerSecond, double receivedPerSecond, long p50Ns, long p99Ns, long maxNs) {}
