/**
 * JMH benchmarks of what runs for every record: time and bytes allocated per operation. {@code ./epona bench micro}
 * runs them all in about two minutes ({@link io.epona.benchmarks.MicroBenchmarks}).
 *
 * <p>Defaults are short, for a look and to compare two builds on one machine. Durations of single operations that wait
 * for a device are sampled, so that their percentiles show.
 */
package io.epona.benchmarks;
