package io.epona.demo.flow;

/** When each event of a flow is due, counted from the start of the run. Pure; any thread. */
public sealed interface Schedule {
    /**
     * When an event is due.
     *
     * @param index of the event in the flow, from 0
     * @param elapsedNs exchange time since the flow's first event
     * @return nanoseconds since the start of the run
     */
    long dueNs(long index, long elapsedNs);

    /** For people, for example {@code 20 times the recorded speed}. */
    String describe();

    /**
     * Evenly spaced, whatever the recorded times.
     *
     * @param eventsPerSecond above 0
     */
    record AtRate(double eventsPerSecond) implements Schedule {
        private static final double NS_PER_S = 1e9;

        /** Checks the rate. */
        public AtRate {
            if (!(eventsPerSecond > 0) || Double.isInfinite(eventsPerSecond)) {
                throw new IllegalArgumentException("rate must be above 0: rate=" + eventsPerSecond);
            }
        }

        @Override
        public long dueNs(final long index, final long elapsedNs) {
            return (long) (index * (NS_PER_S / eventsPerSecond));
        }

        @Override
        public String describe() {
            return String.format(java.util.Locale.ROOT, "%,.0f events/s, evenly spaced", eventsPerSecond);
        }
    }

    /**
     * By the recorded times.
     *
     * @param factor how many times as fast as recorded, above 0
     */
    record AtSpeed(double factor) implements Schedule {
        /** Checks the factor. */
        public AtSpeed {
            if (!(factor > 0) || Double.isInfinite(factor)) {
                throw new IllegalArgumentException("speed must be above 0: speed=" + factor);
            }
        }

        @Override
        public long dueNs(final long index, final long elapsedNs) {
            return (long) (elapsedNs / factor);
        }

        @Override
        public String describe() {
            return factor == 1
                    ? "at the recorded speed"
                    : String.format(java.util.Locale.ROOT, "%s times the recorded speed", trimmed(factor));
        }

        private static String trimmed(final double value) {
            return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
        }
    }
}
