/**
 * The load: order flow through ordinary Kafka clients, open loop, timed from the intended send times, and the check
 * that every record came exactly once and in order.
 */
package io.epona.demo.load;
