package io.epona.sequencer;

/**
 * Sizes of a {@link LaneState}. Two states that apply the same frames are equal when these are.
 *
 * @param spanLength smaller of ring and segment length, bytes, a power of two.
 * @param maxProducers producers and partitions remembered at most; the one that wrote longest ago goes first.
 * @param producerExpirationMs how long a producer that does not write is remembered.
 */
public record LaneStateConfig(int spanLength, int maxProducers, long producerExpirationMs) {
    /** Checks the bounds. */
    public LaneStateConfig {
        if (spanLength <= 0 || Integer.bitCount(spanLength) != 1) {
            throw new IllegalArgumentException("span must be a power of two: spanLength=" + spanLength);
        }
        if (maxProducers < 1 || maxProducers > LaneLimits.MAX_PRODUCERS) {
            throw new IllegalArgumentException(
                    "maxProducers=" + maxProducers + " is not within 1 .. " + LaneLimits.MAX_PRODUCERS);
        }
        if (producerExpirationMs < 1) {
            throw new IllegalArgumentException("producerExpirationMs=" + producerExpirationMs + " is below 1");
        }
    }

    /** Defaults for everything but the span. */
    public static LaneStateConfig withSpan(final int spanLength) {
        return new LaneStateConfig(
                spanLength, LaneLimits.DEFAULT_MAX_PRODUCERS, LaneLimits.DEFAULT_PRODUCER_EXPIRATION_MS);
    }
}
