package io.epona.sequencer;

import io.epona.runtime.Signal;
import org.agrona.concurrent.ringbuffer.RingBuffer;

/**
 * A gateway as its lanes see it; its id is its index in the context's list.
 *
 * @param replies that the lane writes: a ring of this lane and gateway alone, or a many-to-one ring of the gateway.
 * @param signal wakes the gateway.
 */
public record LaneGateway(RingBuffer replies, Signal signal) {}
