/**
 * The latency budget: stages, single-writer recorders, interval histograms and {@code .hlog} lines, the breach log, and
 * the table that shows them.
 */
package io.epona.runtime.budget;
