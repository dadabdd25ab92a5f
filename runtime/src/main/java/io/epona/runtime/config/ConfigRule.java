package io.epona.runtime.config;

import java.util.function.Predicate;

/**
 * What a value must be besides of the right type.
 *
 * @param description what is allowed, for example {@code 1 to 64}; completes "give ..."
 * @param predicate true for what is allowed
 * @param <T> type of the values
 */
public record ConfigRule<T>(String description, Predicate<? super T> predicate) {
    /** Numbers from the least to the greatest, both allowed. */
    public static ConfigRule<Integer> range(final int least, final int greatest) {
        return new ConfigRule<>(least + " to " + greatest, value -> value >= least && value <= greatest);
    }

    /** Sizes in bytes from the least to the greatest, both allowed. */
    public static ConfigRule<Long> sizeRange(final long leastBytes, final long greatestBytes) {
        return new ConfigRule<>(
                ConfigTypes.formatBytes(leastBytes) + " to " + ConfigTypes.formatBytes(greatestBytes),
                value -> value >= leastBytes && value <= greatestBytes);
    }

    /** Durations from the least to the greatest, both allowed. */
    public static ConfigRule<java.time.Duration> durationRange(
            final java.time.Duration least, final java.time.Duration greatest) {
        return new ConfigRule<>(
                ConfigTypes.formatDuration(least) + " to " + ConfigTypes.formatDuration(greatest),
                value -> value.compareTo(least) >= 0 && value.compareTo(greatest) <= 0);
    }

    /** Powers of two. */
    public static <N extends Number> ConfigRule<N> powerOfTwo() {
        return new ConfigRule<>(
                "a power of two", value -> value.longValue() > 0 && Long.bitCount(value.longValue()) == 1);
    }

    /** Multiples of a number. */
    public static <N extends Number> ConfigRule<N> multipleOf(final long unit) {
        return new ConfigRule<>("a multiple of " + unit, value -> value.longValue() % unit == 0);
    }

    /** One of several texts. */
    public static ConfigRule<String> oneOf(final java.util.List<String> allowed) {
        return new ConfigRule<>("one of " + String.join(", ", allowed), allowed::contains);
    }
}
