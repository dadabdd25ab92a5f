package io.epona.journal.testing;

import io.epona.journal.CheckpointFiles;
import io.epona.journal.JournalConfig;
import io.epona.journal.JournalFailedException;
import io.epona.journal.SegmentStore;
import java.util.SplittableRandom;

/**
 * A device in memory with the segment files and checkpoints of one lane. It keeps what its promises cover and nothing
 * else: a segment write that returned is durable; one during which the power fails is lost, done, or torn at sectors of
 * 512 or 4,096 bytes in any pattern; a checkpoint's name is durable once its directory is synced.
 *
 * <p>Each life of the node takes fresh handles from {@link #segments()} and {@link #checkpoints()}; after a power cut
 * the old ones throw {@link PowerCutException} for ever. One thread; all that is random comes from the seed.
 */
public final class SimulatedDevice {
    /** No operation is planned. */
    public static final long NEVER = Long.MAX_VALUE;

    private static final int SMALL_SECTOR_LENGTH = 512;
    private static final int LARGE_SECTOR_LENGTH = 4096;

    private final SplittableRandom random;
    private final SimulatedSegments files;
    private final SimulatedNames names;
    private Runnable onBusy = () -> {};
    private Runnable inFlight;
    private boolean isFull;
    private long writesUntilMisdirected = NEVER;
    private long operationsUntilCut = NEVER;
    private long writesUntilFailure = NEVER;
    private int failureErrno;
    private boolean isOn = true;
    private int life;
    private long operationCount;

    /**
     * A new device, its segment files made and never used.
     *
     * @param config of the journal.
     * @param seed of everything random.
     */
    public SimulatedDevice(final JournalConfig config, final long seed) {
        this.random = new SplittableRandom(seed);
        this.files = new SimulatedSegments(this, config);
        this.names = new SimulatedNames(this);
    }

    /** The segment files, for one life of the node. */
    public SegmentStore segments() {
        return files.open(life);
    }

    /** The checkpoint files, for one life of the node. */
    public CheckpointFiles checkpoints() {
        return names.open(life);
    }

    /**
     * What other threads do while the device is busy with a write: run in the middle of each segment write, when some
     * sectors have been taken from memory and others have not.
     */
    public void onBusy(final Runnable action) {
        onBusy = action;
    }

    /** The power fails during the n-th of the next operations, counted from 1; {@link #NEVER} calls it off. */
    public void cutPowerDuring(final long operations) {
        operationsUntilCut = operations;
    }

    /** The n-th of the next segment writes, counted from 1, fails with that error number and does part of its work. */
    public void failWrite(final long writes, final int errno) {
        writesUntilFailure = writes;
        failureErrno = errno;
    }

    /** The n-th of the next segment writes, counted from 1, is done somewhere else on the device, and says nothing. */
    public void misdirectWrite(final long writes) {
        writesUntilMisdirected = writes;
    }

    /** From now on there is no room, or there is again, for another checkpoint file. */
    public void fill(final boolean full) {
        isFull = full;
    }

    /** The power fails now. A write that is under way is torn. */
    public void cutPower() {
        isOn = false;
        endInFlight();
        names.cutPower();
    }

    /**
     * The process that uses the device is killed: a write that is under way is torn, everything else stays as it is.
     * Its handles are dead; {@link #segments()} and {@link #checkpoints()} give those of a new life.
     */
    public void killProcess() {
        endInFlight();
        beginLife();
    }

    /** All files are as new: another device in the place of this one. The node is down. */
    public void replace() {
        files.makeAnew();
        names.clear();
        beginLife();
    }

    private void beginLife() {
        life++;
        operationsUntilCut = NEVER;
        writesUntilFailure = NEVER;
        writesUntilMisdirected = NEVER;
    }

    private void endInFlight() {
        if (null != inFlight) {
            final Runnable end = inFlight;
            inFlight = null;
            end.run();
        }
    }

    /** A new life begins: what was durable is there, handles of earlier lives stay dead. */
    public void restorePower() {
        isOn = true;
        beginLife();
    }

    /** False between a power cut and {@link #restorePower()}. */
    public boolean isOn() {
        return isOn;
    }

    /** Operations so far: segment writes and each step of a checkpoint. */
    public long operationCount() {
        return operationCount;
    }

    /** Damages one bit of a segment file. */
    public void flipBit(final int fileIndex, final long fileOffset, final int bit) {
        files.bytes(fileIndex)[(int) fileOffset] ^= (byte) (1 << bit);
    }

    /** Damages one bit of a checkpoint file. */
    public void flipCheckpointBit(final String name, final int offset, final int bit) {
        names.bytes(name)[offset] ^= (byte) (1 << bit);
    }

    /** The bytes of a segment file, live. */
    public byte[] segmentBytes(final int fileIndex) {
        return files.bytes(fileIndex);
    }

    SplittableRandom random() {
        return random;
    }

    /**
     * The others work while a write is under way.
     *
     * @param end ends the write when the power fails, or the process is killed, in the middle of it.
     * @return false when it was ended.
     */
    boolean passBusyTime(final Runnable end) {
        inFlight = end;
        onBusy.run();
        final boolean isUnderWay = inFlight == end;
        if (isUnderWay) {
            inFlight = null;
        }
        return isUnderWay;
    }

    int sectorLength() {
        return random.nextBoolean() ? SMALL_SECTOR_LENGTH : LARGE_SECTOR_LENGTH;
    }

    void checkOn(final int handleLife) {
        if (!isOn || handleLife != life) {
            throw new PowerCutException();
        }
    }

    /** Counts an operation; true when the power fails during it. */
    boolean isCutDuringThis() {
        operationCount++;
        if (operationsUntilCut == NEVER) {
            return false;
        }
        return --operationsUntilCut == 0;
    }

    /** True between {@link #fill} with true and with false. */
    public boolean isFull() {
        return isFull;
    }

    /** Counts a segment write; true when it goes to a wrong place. */
    boolean isMisdirectedThis() {
        return writesUntilMisdirected != NEVER && --writesUntilMisdirected == 0;
    }

    /** Counts a segment write; true when it fails. */
    boolean failsThis() {
        return writesUntilFailure != NEVER && --writesUntilFailure == 0;
    }

    JournalFailedException failure(final String operation) {
        return new JournalFailedException(operation, failureErrno);
    }
}
