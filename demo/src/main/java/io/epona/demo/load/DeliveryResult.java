package io.epona.demo.load;

/**
 * How what came compares with what was sent.
 *
 * @param sent records handed to the producer
 * @param received records that came, each counted once
 * @param lost records that never came
 * @param duplicated records that came again
 * @param reordered records that came after one that was sent after them, in the same topic and of the same symbol
 * @param altered topics and symbols where everything came once, but not with the content that was sent
 * @param foreign records of the demo's topics that no run of this process sent; ignored
 */
public record DeliveryResult(
        long sent, long received, long lost, long duplicated, long reordered, long altered, long foreign) {
    /** Every record came exactly once, in order, as it was sent. */
    public boolean isExact() {
        return lost == 0 && duplicated == 0 && reordered == 0 && altered == 0;
    }
}
