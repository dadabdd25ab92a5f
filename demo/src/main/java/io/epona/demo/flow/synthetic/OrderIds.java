package io.epona.demo.flow.synthetic;

/** Order ids of one of several shares: rising, and none twice in the whole flow. One thread. */
final class OrderIds {
    private final int step;
    private long next;

    /**
     * The ids of one share.
     *
     * @param index of the share
     * @param count of shares
     */
    OrderIds(final int index, final int count) {
        this.next = index + 1L;
        this.step = count;
    }

    long next() {
        final long id = next;
        next += step;
        return id;
    }
}
