package io.epona.journal;

import io.epona.codec.FrameDescriptor;
import io.epona.journal.PlantedRecovery.Fault;
import io.epona.journal.testing.PowerCutException;
import io.epona.journal.testing.SimulatedDevice;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.agrona.BufferUtil;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Several lives of one replica's log on a device that loses power: frames of growing and of lower epochs are appended,
 * cut and appended again, segments are recycled, the log is begun anew. After each step and start it is compared with
 * what it must be. Everything follows from the seed; one thread.
 */
final class ReplicaStory {
    private static final int LIVES = 5;
    private static final int STEPS = 120;
    private static final int NONE = -1;

    /** A frame as it was appended; padding of the same epoch may lie between the start and the frame. */
    private record Frame(long start, long position, long end, int epoch, int identity) {}

    private final long seed;
    private final SplittableRandom random;
    private final RecoveryRules rules;
    private final JournalConfig config;
    private final int ringLength;
    private final SimulatedDevice device;
    private final boolean isCatchingUp;
    private final UnsafeBuffer target;
    private final List<Frame> frames = new ArrayList<>();

    private TestLog log;
    private long clockNs;
    private int nextIdentity = 1;
    private int highestEpoch = 1;
    /** Where the log begins, of all that is compared: the begin of its first life, or where it was begun anew. */
    private long startPosition;

    private long durable;
    private long committed;
    private long checkpoint;
    private long shelved;
    private long generation = NONE;
    private long cutPosition;
    int cutCount;
    int tornCutCount;
    int beginCount;

    ReplicaStory(final long seed, final Fault fault) {
        this.seed = seed;
        this.random = new SplittableRandom(seed);
        this.rules = PlantedRecovery.rules(fault);
        final int blockLength = 512 << random.nextInt(4);
        this.config = new JournalConfig(
                Path.of("simulated"),
                0,
                1,
                2,
                3,
                8 * 1024 << random.nextInt(3),
                3 + random.nextInt(8),
                blockLength,
                Math.max(blockLength, 1024 << random.nextInt(4)));
        this.ringLength = 8 * 1024 << random.nextInt(4);
        this.device = new SimulatedDevice(config, seed);
        this.isCatchingUp = random.nextInt(4) == 0;
        this.target = new UnsafeBuffer(BufferUtil.allocateDirectAligned(64 * 1024, 4096));
    }

    ReplicaStory run() {
        try {
            start();
            for (int life = 0; life < LIVES; life++) {
                device.onBusy(this::othersWork);
                device.cutPowerDuring(1 + random.nextInt(80));
                for (int i = 0; i < STEPS && device.isOn(); i++) {
                    step();
                }
                die();
                start();
            }
            return this;
        } catch (final AssertionError | RuntimeException ex) {
            throw new AssertionError("seed " + seed + ": " + ex, ex);
        }
    }

    private void die() {
        device.onBusy(() -> {});
        if (device.isOn() && random.nextInt(4) == 0 && generation == NONE) {
            device.cutPowerDuring(SimulatedDevice.NEVER);
            log.writer.onClose();
        }
        if (device.isOn()) {
            device.cutPower();
        }
        device.restorePower();
        log = null;
    }

    private void start() {
        while (true) {
            if (random.nextInt(3) == 0) {
                device.cutPowerDuring(1 + random.nextInt(8));
            }
            try {
                log = open();
                device.cutPowerDuring(SimulatedDevice.NEVER);
                break;
            } catch (final PowerCutException ex) {
                device.restorePower();
            }
        }
        log.clock = () -> clockNs;
        check();
    }

    private TestLog open() {
        try {
            return TestLog.openReplica(config, device.segments(), ringLength, shelved, checkpoint, rules);
        } catch (final JournalCorruptException ex) {
            if (!isCatchingUp || !ex.damage().mayBeTorn()) {
                throw ex;
            }
            return TestLog.openOutOfSync(config, device.segments(), ringLength, shelved, checkpoint);
        }
    }

    private void check() {
        if (generation != NONE) {
            tornCutCount++;
            durable = Math.min(durable, cutPosition);
            generation = NONE;
        }
        final long tail = log.tail.position();
        verify(tail >= durable, "frames are gone that were durable: tail=" + log.tail + ", durable=" + durable);
        final List<Frame> expected =
                frames.stream().filter(frame -> frame.position >= shelved).toList();
        final int count = log.recovered.size();
        verify(count <= expected.size(), "more frames than were appended: " + count);
        for (int i = 0; i < count; i++) {
            verify(
                    expected.get(i).position == log.recovered.get(i)
                            && expected.get(i).identity == log.recoveredIdentities.get(i),
                    "another frame: expected=" + expected.get(i) + ", position=" + log.recovered.get(i) + ", identity="
                            + log.recoveredIdentities.get(i));
        }
        final long bound = log.tail.committedBound();
        verify(bound <= Math.max(committed, checkpoint), "called committed: " + bound + ", is " + committed);
        verify(bound >= checkpoint, "the checkpoint is committed: bound=" + bound);
        verify(
                log.uncommitted.stream().allMatch(position -> position >= bound)
                        && log.recovered.stream()
                                        .filter(position -> position >= bound)
                                        .count()
                                == log.uncommitted.size(),
                "committed and uncommitted frames mixed: bound=" + bound);
        verify(log.ring.floorPosition() <= bound, "uncommitted frames are not in the ring");
        frames.removeIf(frame -> frame.position >= tail);
        durable = tail;
        committed = Math.min(committed, tail);
        log.epoch = nextEpoch();
        log.counters.committed().setRelease(bound);
        log.counters.checkpointed().setRelease(shelved);
        readAll();
    }

    private void verify(final boolean good, final String problem) {
        if (!good) {
            throw new AssertionError(problem);
        }
    }

    private void step() {
        clockNs += random.nextInt(4) == 0 ? 200_000_000 : 1000;
        switch (random.nextInt(24)) {
            case 0, 1, 2, 3, 4, 5, 6, 7, 8 -> append();
            case 9, 10, 11, 12, 13, 14, 15 -> write();
            case 16, 17 -> commit();
            case 18 -> takeCheckpoint();
            case 19, 20 -> requestCut();
            case 21 -> readAll();
            default -> {
                if (random.nextInt(20) == 0) {
                    beginAnew();
                }
            }
        }
    }

    private void othersWork() {
        for (int i = random.nextInt(3); i > 0; i--) {
            if (random.nextInt(4) == 0) {
                requestCut();
            } else {
                append();
            }
        }
    }

    private void append() {
        if (generation != NONE) {
            return;
        }
        final boolean isEven = random.nextBoolean();
        final int payloadLength = isEven
                ? 512 - FrameDescriptor.HEADER_LENGTH
                : TestLog.MIN_PAYLOAD + random.nextInt(Math.min(ringLength, 8 * 1024) / 6);
        final long end = log.end() + 2L * (payloadLength + FrameDescriptor.HEADER_LENGTH + 8);
        final long durableNow = log.counters.durable().get();
        final long room = Math.min(
                RingLimits.ringAppendLimit(
                        durableNow, Math.max(checkpoint, knownCommitted()), ringLength, config.blockLength()),
                RingLimits.journalAppendLimit(shelved, config.segmentLength(), config.segmentCount()));
        if (end > room) {
            return;
        }
        log.claimedDurable = isCatchingUp ? claim() : committed;
        log.identity = nextIdentity++;
        final long start = log.end();
        final long position = log.append(payloadLength);
        frames.add(new Frame(
                start,
                position,
                position + FrameDescriptor.alignedLength(FrameDescriptor.HEADER_LENGTH + payloadLength),
                log.epoch,
                log.identity));
    }

    /** What a leader that is ahead knew: up to what it had written. */
    private long claim() {
        if (!frames.isEmpty() && random.nextInt(3) == 0) {
            committed = Math.max(committed, frames.get(random.nextInt(frames.size())).position);
        }
        return committed;
    }

    /** What this replica would know to be committed if it ended now: what frames on its device name, or less. */
    private long knownCommitted() {
        return log.counters.committed().get();
    }

    private void write() {
        log.writer.doWork();
        if (generation == NONE) {
            durable = Math.max(durable, log.counters.durable().get());
        } else if (!log.writer.isFenced() && log.journal.truncation().isDone(generation)) {
            finishCut();
        }
        verify(
                log.failures.stream().allMatch(PowerCutException.class::isInstance),
                "the writer ended itself: " + log.failures);
    }

    private void commit() {
        if (!frames.isEmpty() && generation == NONE) {
            final Frame frame = frames.get(random.nextInt(frames.size()));
            if (frame.end <= durable) {
                committed = Math.max(committed, frame.end);
                // The frame that names it must be on the device before the ring may forget what it needs.
                log.counters.committed().setRelease(log.counters.committed().get());
            }
        }
    }

    private void takeCheckpoint() {
        if (committed <= durable) {
            checkpoint = Math.max(checkpoint, committed);
            if (random.nextBoolean()) {
                shelved = checkpoint;
                log.counters.checkpointed().setRelease(shelved);
            }
        }
    }

    private void requestCut() {
        if (generation != NONE || frames.isEmpty()) {
            return;
        }
        final long lowest = Math.max(committed, checkpoint);
        final List<Frame> candidates =
                frames.stream().filter(frame -> frame.start >= lowest).toList();
        if (candidates.isEmpty()) {
            return;
        }
        cutPosition = candidates.get(random.nextInt(candidates.size())).start;
        generation = log.journal.truncation().request(cutPosition);
    }

    private void finishCut() {
        cutCount++;
        frames.removeIf(frame -> frame.position >= cutPosition);
        verify(log.counters.durable().get() <= cutPosition, "durable beyond the cut");
        log.resume(generation, cutPosition);
        generation = NONE;
        durable = log.counters.durable().get();
        log.epoch = nextEpoch();
    }

    /** Often lower than that of frames that were cut, never lower than that of the last one that was kept. */
    private int nextEpoch() {
        final int frameEpoch = frames.isEmpty() ? 1 : frames.getLast().epoch;
        // The last thing that was recovered may be padding of a higher epoch than the last frame.
        final boolean hasTail = log.end() >= log.tail.position();
        final int lastEpoch = hasTail ? Math.max(frameEpoch, log.tail.leaderEpoch()) : frameEpoch;
        highestEpoch++;
        return random.nextBoolean() ? highestEpoch : lastEpoch + random.nextInt(highestEpoch - lastEpoch + 1);
    }

    /** What a reader hands out is what is there, in order, and all of it. */
    private void readAll() {
        if (generation != NONE || !device.isOn()) {
            return;
        }
        final long limit = log.counters.durable().get();
        try (JournalReader reader = log.journal.openReader()) {
            long position = log.journal.bounds().oldestPosition();
            final long from = Math.max(position, startPosition);
            final List<Frame> expected = frames.stream()
                    .filter(frame -> frame.position >= Math.max(from, shelved) && frame.end <= limit)
                    .toList();
            int next = 0;
            position = expected.isEmpty() ? limit : expected.getFirst().position;
            JournalReader.Status status = reader.read(position, limit, target);
            while (status == JournalReader.Status.OK) {
                next += compare(reader, expected, next);
                position = reader.nextPosition();
                status = reader.read(position, limit, target);
            }
            verify(status == JournalReader.Status.END, "read at " + reader.place() + ": " + status);
            verify(next == expected.size(), "frames were not read: " + next + " of " + expected.size());
        }
    }

    private int compare(final JournalReader reader, final List<Frame> expected, final int first) {
        int count = 0;
        int offset = reader.offset();
        final int end = offset + reader.length();
        while (offset < end) {
            if (FrameDescriptor.type(target, offset) == FrameDescriptor.TYPE_RECORDS) {
                final Frame frame = expected.get(first + count);
                verify(
                        frame.position == FrameDescriptor.position(target, offset)
                                && frame.identity == FrameDescriptor.partitionIndex(target, offset),
                        "another frame was read: expected=" + frame);
                count++;
            }
            offset += FrameDescriptor.alignedLength(FrameDescriptor.frameLength(target, offset));
        }
        return count;
    }

    /** The replica is installed anew, at a position of the leader's log. */
    private void beginAnew() {
        if (generation != NONE) {
            return;
        }
        beginCount++;
        final long position = (random.nextInt(3) == 0 ? 0 : committed + random.nextInt(100_000)) & -8L;
        while (true) {
            try {
                log = TestLog.startAt(config, device.segments(), ringLength, position);
                break;
            } catch (final PowerCutException ex) {
                device.restorePower();
                recogniseOrFindOld(position);
            }
        }
        device.cutPowerDuring(SimulatedDevice.NEVER);
        log.clock = () -> clockNs;
        frames.clear();
        log.epoch = nextEpoch();
        startPosition = position;
        durable = log.tail.position();
        committed = position;
        checkpoint = position;
        shelved = position;
        log.counters.checkpointed().setRelease(position);
    }

    private void recogniseOrFindOld(final long position) {
        try {
            log = open();
            final boolean isNew = log.recovered.isEmpty() && log.tail.oldestPosition() == position;
            if (!isNew) {
                check();
            }
        } catch (final JournalCorruptException ex) {
            verify(
                    ex.getMessage().contains("begun anew")
                            || ex.getMessage().contains("begins behind what")
                            || ex.getMessage().contains("checkpoint"),
                    "not recognised: " + ex.getMessage());
        }
    }
}
