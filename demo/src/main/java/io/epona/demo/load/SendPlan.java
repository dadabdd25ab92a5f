package io.epona.demo.load;

import io.epona.demo.flow.Schedule;

/**
 * What to send, and when.
 *
 * @param streams counts what is sent
 * @param schedule when each event is due, from the start
 * @param startNs of the run, nanoseconds since the Unix epoch
 * @param durationNs an event that is due then or later is not sent any more
 */
public record SendPlan(SentStreams streams, Schedule schedule, long startNs, long durationNs) {}
