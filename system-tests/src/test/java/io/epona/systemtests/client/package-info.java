/** Kafka's own clients, and requests made by hand, against one running node: each API with its errors and corners. */
package io.epona.systemtests.client;
