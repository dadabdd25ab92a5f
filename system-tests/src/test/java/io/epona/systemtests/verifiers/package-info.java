/** Kafka's own verifying clients against a cell whose nodes are killed. */
package io.epona.systemtests.verifiers;
