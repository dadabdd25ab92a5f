package io.epona.systemtests.kill;

import io.epona.systemtests.load.LoadPlan;

/**
 * What a test of kills does.
 *
 * @param seed of everything random in it, but for the machine's own timing
 * @param killCount kills in all, those during a start included
 * @param startKillShare of them, how many hit a node that is still starting
 * @param maxLifeMs longest time that a node works before it is killed
 * @param producerCount producers, alive through all restarts
 * @param bytesPerSecond of values, all producers together
 * @param maxLength longest value
 * @param batchLength the producers' batch.size
 */
record KillPlan(
        long seed,
        int killCount,
        double startKillShare,
        int maxLifeMs,
        int producerCount,
        int bytesPerSecond,
        int maxLength,
        int batchLength) {
    LoadPlan load() {
        return new LoadPlan(seed, producerCount, bytesPerSecond, batchLength);
    }
}
