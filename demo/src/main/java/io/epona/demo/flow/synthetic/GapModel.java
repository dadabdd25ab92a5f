package io.epona.demo.flow.synthetic;

import static io.epona.demo.flow.synthetic.QuantileTable.at;

import java.util.SplittableRandom;

/**
 * Times between the events of one share: heavy-tailed (median 0.46 ms, mean 39 ms, a ninth exactly zero) and clustered,
 * so that busy spells of a few seconds come and go. One thread.
 *
 * <p>A gap is the quantile of a sum of three standard normal processes over the events: one that forgets within some
 * hundred events, one within some twenty, and noise. The weights give the logarithms of successive gaps a correlation
 * of about 0.15 that dies away slowly, as in the real hour.
 */
final class GapModel {
    private static final double MS = 1e6;
    private static final double ZERO_BELOW = -1.2; // 11.5 % of gaps
    private static final QuantileTable GAPS = new QuantileTable(
            at(ZERO_BELOW, 0.001 * MS),
            at(-1.036, 0.010 * MS),
            at(-0.842, 0.030 * MS),
            at(-0.674, 0.040 * MS),
            at(-0.524, 0.070 * MS),
            at(-0.253, 0.130 * MS),
            at(0, 0.460 * MS),
            at(0.253, 0.960 * MS),
            at(0.524, 3.71 * MS),
            at(0.674, 7.66 * MS),
            at(0.842, 18.38 * MS),
            at(1.036, 43.28 * MS),
            at(1.282, 102.8 * MS),
            at(1.645, 239.9 * MS),
            at(2.326, 646.3 * MS),
            at(3.090, 1_475 * MS),
            at(4.265, 3_064 * MS));

    private static final double SLOW_MEMORY = 0.99;
    private static final double SLOW_WEIGHT = 0.10;
    private static final double QUICK_MEMORY = 0.95;
    private static final double QUICK_WEIGHT = 0.06;
    private static final double NOISE_WEIGHT = 1 - SLOW_WEIGHT - QUICK_WEIGHT;

    private final SplittableRandom random;
    private final double activity;
    private double slow;
    private double quick;

    /**
     * A model in its steady state.
     *
     * @param random its own
     * @param activity how many times as busy as the real hour's share
     */
    GapModel(final SplittableRandom random, final double activity) {
        this.random = random;
        this.activity = activity;
        this.slow = random.nextGaussian();
        this.quick = random.nextGaussian();
    }

    /** Nanoseconds until the next event. */
    long nextNs() {
        slow = remember(slow, SLOW_MEMORY);
        quick = remember(quick, QUICK_MEMORY);
        final double sum = Math.sqrt(SLOW_WEIGHT) * slow
                + Math.sqrt(QUICK_WEIGHT) * quick
                + Math.sqrt(NOISE_WEIGHT) * random.nextGaussian();
        return sum < ZERO_BELOW ? 0 : (long) (GAPS.timeNs(sum) / activity);
    }

    private double remember(final double value, final double memory) {
        return memory * value + Math.sqrt(1 - memory * memory) * random.nextGaussian();
    }
}
