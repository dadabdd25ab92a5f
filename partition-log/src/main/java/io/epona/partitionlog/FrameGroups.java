package io.epona.partitionlog;

import java.util.Arrays;
import org.agrona.collections.Int2IntHashMap;

/**
 * Which frames of a buffer belong to which partition, in order: lists threaded through arrays, so that nothing is
 * copied and nothing allocated once the arrays have grown. Owned by one thread; used again after {@link #clear()}.
 */
final class FrameGroups {
    static final int NONE = -1;
    private static final int INITIAL_COUNT = 1024;

    private final Int2IntHashMap groupByPartition = new Int2IntHashMap(NONE);
    private int[] frameOffsets = new int[INITIAL_COUNT];
    private int[] nextFrames = new int[INITIAL_COUNT];
    private int[] partitions = new int[INITIAL_COUNT];
    private int[] firstFrames = new int[INITIAL_COUNT];
    private int[] lastFrames = new int[INITIAL_COUNT];
    private int frameCount;
    private int groupCount;

    void add(final int partitionIndex, final int frameOffset) {
        if (frameCount == frameOffsets.length) {
            frameOffsets = Arrays.copyOf(frameOffsets, frameCount * 2);
            nextFrames = Arrays.copyOf(nextFrames, frameCount * 2);
        }
        final int frame = frameCount++;
        frameOffsets[frame] = frameOffset;
        nextFrames[frame] = NONE;
        final int group = groupByPartition.get(partitionIndex);
        if (group == NONE) {
            addGroup(partitionIndex, frame);
        } else {
            nextFrames[lastFrames[group]] = frame;
            lastFrames[group] = frame;
        }
    }

    private void addGroup(final int partitionIndex, final int frame) {
        if (groupCount == partitions.length) {
            partitions = Arrays.copyOf(partitions, groupCount * 2);
            firstFrames = Arrays.copyOf(firstFrames, groupCount * 2);
            lastFrames = Arrays.copyOf(lastFrames, groupCount * 2);
        }
        partitions[groupCount] = partitionIndex;
        firstFrames[groupCount] = frame;
        lastFrames[groupCount] = frame;
        groupByPartition.put(partitionIndex, groupCount);
        groupCount++;
    }

    void clear() {
        groupByPartition.clear();
        frameCount = 0;
        groupCount = 0;
    }

    int groupCount() {
        return groupCount;
    }

    int frameCount() {
        return frameCount;
    }

    int partitionIndex(final int group) {
        return partitions[group];
    }

    /** First frame of a group. */
    int firstFrame(final int group) {
        return firstFrames[group];
    }

    /** The frame after, of the same group, or {@link #NONE}. */
    int nextFrame(final int frame) {
        return nextFrames[frame];
    }

    /** Where the frame's header is in the buffer. */
    int frameOffset(final int frame) {
        return frameOffsets[frame];
    }
}
