/** The demo: real order flow through ordinary Kafka clients, checked record by record, timed against the budget. */
package io.epona.demo;
