package io.epona.systemtests.load;

/**
 * What the producers of a test send.
 *
 * @param seed of everything random in it
 * @param producerCount producers, alive until the test ends
 * @param bytesPerSecond of values, all producers together
 * @param batchLength the producers' batch.size
 */
public record LoadPlan(long seed, int producerCount, int bytesPerSecond, int batchLength) {}
