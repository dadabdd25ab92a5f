package io.epona.sequencer.powercut;

import io.epona.journal.JournalConfig;
import io.epona.journal.JournalCorruptException;
import io.epona.journal.JournalException;
import io.epona.journal.JournalFailedException;
import io.epona.journal.testing.PowerCutException;
import io.epona.journal.testing.SimulatedDevice;
import io.epona.runtime.testing.SettableNodeClock;
import java.util.SplittableRandom;

/**
 * One lane with its writer, checkpoints and partition logs through several lives, each ended by a power cut, a failed
 * write, a killed process or a clean stop, on a device that loses and tears what was not durable. Everything follows
 * from the seed; one thread.
 */
final class PowerCutSimulation {
    private static final long START_NS = 1_700_000_000_000_000_000L;
    private static final int MAX_STEPS = 100_000;
    private static final int EIO = 5;

    /** How a life ends. */
    private enum End {
        POWER_CUT_DURING_AN_OPERATION,
        POWER_CUT_BETWEEN,
        FAILED_WRITE,
        CLEAN_STOP
    }

    private final long seed;
    private final PlantedBug bug;
    private final SplittableRandom random;
    private final Plan plan;
    private final SimulatedDevice device;
    private final Ledger ledger = new Ledger();
    private final Shelf shelf = new Shelf();
    private final SettableNodeClock clock = new SettableNodeClock(START_NS);
    private final Producers producers;
    private SimulatedNode node;
    private boolean isBusy;
    private boolean mayBeNew = true;
    private int startCount;
    private boolean wasDamaged;
    private boolean wasRefused;

    PowerCutSimulation(final long seed, final PlantedBug bug) {
        this.seed = seed;
        this.bug = bug;
        this.random = new SplittableRandom(seed);
        this.plan = Plan.of(random);
        this.device = new SimulatedDevice(plan.journal(), random.nextLong());
        this.producers = new Producers(random, ledger, plan);
        device.onBusy(this::othersWork);
    }

    /** @throws Violation when a promise is broken; its message names the seed. */
    PowerCutSimulation run() {
        try {
            for (int life = 0; life < plan.lives() && !wasRefused; life++) {
                final boolean isCut = plan.isEven() && random.nextInt(4) > 0;
                live(isCut ? End.POWER_CUT_DURING_AN_OPERATION : End.values()[random.nextInt(End.values().length)]);
            }
            if (!wasRefused) {
                lastLife();
            }
            return this;
        } catch (final Violation ex) {
            throw new Violation("seed " + seed + ", " + plan + ": " + ex.getMessage(), ex);
        } catch (final RuntimeException ex) {
            throw new Violation("seed " + seed + ", " + plan + ": unexpected " + ex, ex);
        }
    }

    int acknowledgedCount() {
        return ledger.acknowledgedCount();
    }

    int startCount() {
        return startCount;
    }

    boolean wasDamaged() {
        return wasDamaged;
    }

    boolean wasRefused() {
        return wasRefused;
    }

    /** Digest of what happened: equal for two runs of a seed. */
    long fingerprint() {
        long digest = device.operationCount();
        for (final Batch batch : ledger.acknowledged()) {
            digest = digest * 31 + batch.endPosition * 7 + batch.baseOffset;
        }
        return digest;
    }

    private void live(final End end) {
        if (!start()) {
            return;
        }
        final int steps = 20 + random.nextInt(plan.isEven() ? 80 : 400);
        switch (end) {
            case POWER_CUT_DURING_AN_OPERATION -> device.cutPowerDuring(1 + random.nextInt(plan.isEven() ? 10 : 80));
            case FAILED_WRITE -> device.failWrite(1 + random.nextInt(60), EIO);
            case POWER_CUT_BETWEEN, CLEAN_STOP -> {
                // Ends after the last step.
            }
        }
        for (int i = 0; i < steps && isAlive(); i++) {
            step();
        }
        if (end == End.CLEAN_STOP && isAlive()) {
            node.stop();
        }
        checkFatal(end);
        die();
    }

    private void die() {
        if (device.isOn()) {
            device.cutPower();
        }
        device.cutPowerDuring(SimulatedDevice.NEVER);
        shelf.cutPower(random);
        device.restorePower();
        node = null;
    }

    private boolean isAlive() {
        return device.isOn() && null == node.fatal();
    }

    private void checkFatal(final End end) {
        final Throwable fatal = node.fatal();
        final boolean isExpected = null == fatal
                || fatal instanceof PowerCutException
                || end == End.FAILED_WRITE && fatal instanceof JournalFailedException failed && failed.errno() == EIO;
        if (!isExpected) {
            throw new Violation("the node ended itself: " + fatal, fatal);
        }
    }

    /** Starts the node; the power may fail while it recovers, too. False when it refused with reason. */
    private boolean start() {
        for (int attempt = 0; attempt < 3; attempt++) {
            if (attempt < 2 && random.nextInt(4) == 0) {
                device.cutPowerDuring(1 + random.nextInt(6));
            }
            final boolean isDamaged = startCount > 0 && random.nextInt(8) == 0 && damage();
            final boolean isCheckpointDamaged = startCount > 0 && random.nextInt(16) == 0 && damageCheckpoint();
            try {
                startCount++;
                node = new SimulatedNode(plan, plan.ringLengthOfALife(random), device, ledger, shelf, clock, bug);
                device.cutPowerDuring(SimulatedDevice.NEVER);
                shelf.check(ledger);
                producers.connect(node.proxy(), node.replies());
                return true;
            } catch (final PowerCutException ex) {
                shelf.cutPower(random);
                device.restorePower();
            } catch (final JournalCorruptException ex) {
                Violation.check(
                        isDamaged || isCheckpointDamaged, "an undamaged journal was refused: " + ex.getMessage());
                wasRefused = true;
                return false;
            } catch (final JournalException ex) {
                throw new Violation("the start was refused: " + ex.getMessage(), ex);
            }
            if (isDamaged) {
                // The damage is still there, but what was written meanwhile is not known to the ledger.
                wasRefused = true;
                return false;
            }
        }
        throw new Violation("the node does not start");
    }

    /** Flips a bit where a later frame tells that all was durable: that must never be taken for a torn tail. */
    private boolean damage() {
        final long evidenced = ledger.evidencedPosition();
        final long oldest = Math.max(0, evidenced - plan.ringLength() / 2);
        if (evidenced == 0) {
            return false;
        }
        final JournalConfig config = plan.journal();
        final long position = oldest + random.nextLong(evidenced - oldest);
        device.flipBit(
                config.fileIndex(config.segmentNumber(position)), config.fileOffset(position), random.nextInt(8));
        wasDamaged = true;
        return true;
    }

    /** A damaged checkpoint may cost the start, when the one before needs what was recycled; never a wrong one. */
    private boolean damageCheckpoint() {
        final String newest = device.checkpoints().list().stream()
                .filter(name -> name.endsWith(".epc"))
                .max(String::compareTo)
                .orElse(null);
        if (null == newest) {
            return false;
        }
        device.flipCheckpointBit(newest, random.nextInt(64), random.nextInt(8));
        return true;
    }

    private void lastLife() {
        if (!start()) {
            return;
        }
        mayBeNew = false;
        for (int i = 0; i < MAX_STEPS; i++) {
            step();
            Violation.check(isAlive(), "the node ended itself: " + node.fatal());
            if (producers.isIdle()) {
                node.stop();
                Violation.check(isAlive(), "the node ended itself: " + node.fatal());
                die();
                if (start()) {
                    shelf.check(ledger);
                }
                return;
            }
        }
        throw new Violation("producers wait for ever");
    }

    private void step() {
        clock.advanceNs(random.nextInt(500_000));
        try {
            switch (random.nextInt(12)) {
                case 0, 1, 2 -> producers.send(clock.epochNs(), mayBeNew);
                case 3, 4 -> node.laneStep();
                case 5, 6, 7 -> writerOrLaneStep();
                case 8 -> producers.poll(node.counters.committed().get());
                case 9 -> node.drainStep();
                case 10 -> node.checkpointStep();
                default -> {
                    if (random.nextInt(3) == 0) {
                        node.flushStep();
                    }
                }
            }
        } catch (final PowerCutException ex) {
            Violation.check(!device.isOn(), "power cut without a cut");
        }
    }

    /** Where frames are even, more of them wait for each write. */
    private void writerOrLaneStep() {
        if (plan.isEven() && random.nextInt(3) > 0) {
            producers.send(clock.epochNs(), mayBeNew);
            node.laneStep();
        } else {
            node.writerStep();
        }
    }

    /** While the device is busy with a write, the other threads go on. */
    private void othersWork() {
        if (isBusy || null == node) {
            return;
        }
        isBusy = true;
        try {
            for (int i = random.nextInt(6); i > 0; i--) {
                switch (random.nextInt(4)) {
                    case 0 -> producers.send(clock.epochNs(), mayBeNew);
                    case 1 -> node.laneStep();
                    case 2 -> producers.poll(node.counters.committed().get());
                    default -> node.drainStep();
                }
            }
        } finally {
            isBusy = false;
        }
    }
}
