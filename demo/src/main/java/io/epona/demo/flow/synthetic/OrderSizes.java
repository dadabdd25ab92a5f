package io.epona.demo.flow.synthetic;

import java.util.SplittableRandom;

/** Sizes of new orders: a round lot in half of all, then the odd ones that the real hour shows. Pure. */
final class OrderSizes {
    private static final int[] SIZES = {100, 18, 200, 22, 1_000, 19, 20, 1, 23, 300, 10, 8, 17, 500, 50};
    private static final double[] SHARES = {
        0.528, 0.111, 0.073, 0.035, 0.029, 0.025, 0.018, 0.018, 0.016, 0.016, 0.014, 0.014, 0.013, 0.010, 0.008
    };
    private static final int LARGEST_OTHER = 200;

    private OrderSizes() {}

    static int next(final SplittableRandom random) {
        double rest = random.nextDouble();
        for (int i = 0; i < SIZES.length; i++) {
            rest -= SHARES[i];
            if (rest < 0) {
                return SIZES[i];
            }
        }
        return 1 + random.nextInt(LARGEST_OTHER);
    }
}
