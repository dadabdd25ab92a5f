package io.epona.systemtests.cell;

import java.util.SplittableRandom;

/** The only source of chance in a simulation. One thread. */
final class Chance {
    private final SplittableRandom random;

    Chance(final long seed) {
        this.random = new SplittableRandom(seed);
    }

    /** A source of its own for a part that draws at other times than the rest. */
    long seed() {
        return random.nextLong();
    }

    /** 0 .. bound - 1. */
    int below(final int bound) {
        return random.nextInt(bound);
    }

    /** Both ends included. */
    int between(final int least, final int most) {
        return least + random.nextInt(most - least + 1);
    }

    /** Both ends included. */
    long between(final long least, final long most) {
        return least + random.nextLong(most - least + 1);
    }

    /** True once in so many times. */
    boolean oneIn(final int times) {
        return random.nextInt(times) == 0;
    }

    /** True with a probability of so many thousandths. */
    boolean perMille(final int thousandths) {
        return random.nextInt(1000) < thousandths;
    }

    /** A duration whose order of magnitude is uniform, so that short and long ones are equally frequent. */
    long spreadNs(final long leastNs, final long mostNs) {
        final double ratio = Math.log((double) mostNs / leastNs);
        return (long) (leastNs * Math.exp(ratio * random.nextDouble()));
    }

    /** One of the elements. */
    <T> T oneOf(final java.util.List<T> elements) {
        return elements.get(random.nextInt(elements.size()));
    }
}
