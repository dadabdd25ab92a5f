/** Measurements of a whole cell whose nodes are processes of this machine, with Kafka's own clients. */
package io.epona.benchmarks.cell;
