/** Kafka's own command line tools against a node. */
package io.epona.systemtests.tools;
