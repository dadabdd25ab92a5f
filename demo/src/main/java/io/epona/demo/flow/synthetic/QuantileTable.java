package io.epona.demo.flow.synthetic;

/**
 * A distribution of times, given by a few of its quantiles: maps a standard normal variable to a time, by straight
 * lines between the logarithms. Immutable.
 */
final class QuantileTable {
    private final double[] normal;
    private final double[] logNs;

    /** Pairs of a standard normal quantile and the time in nanoseconds at it, both rising. */
    QuantileTable(final double[]... pairs) {
        normal = new double[pairs.length];
        logNs = new double[pairs.length];
        for (int i = 0; i < pairs.length; i++) {
            normal[i] = pairs[i][0];
            logNs[i] = Math.log(pairs[i][1]);
        }
    }

    static double[] at(final double normalQuantile, final double timeNs) {
        return new double[] {normalQuantile, timeNs};
    }

    /** The time at a standard normal variable; beyond the table's ends, its first or last time. */
    double timeNs(final double standardNormal) {
        if (standardNormal <= normal[0]) {
            return Math.exp(logNs[0]);
        }
        for (int i = 1; i < normal.length; i++) {
            if (standardNormal <= normal[i]) {
                final double share = (standardNormal - normal[i - 1]) / (normal[i] - normal[i - 1]);
                return Math.exp(logNs[i - 1] + share * (logNs[i] - logNs[i - 1]));
            }
        }
        return Math.exp(logNs[logNs.length - 1]);
    }
}
