package io.epona.replicator;

import io.epona.codec.replication.FramesEncoder;
import io.epona.codec.replication.FramesPartEncoder;
import io.epona.codec.replication.MessageHeaderEncoder;

/** Bounds of queues, loops and messages of the replicator, and why they are what they are. */
final class ReplicatorLimits {
    /** Message header and block before the frames of a Frames message. */
    static final int FRAMES_HEADER_LENGTH = MessageHeaderEncoder.ENCODED_LENGTH + FramesEncoder.BLOCK_LENGTH;

    /** Message header and block before the bytes of a FramesPart message. */
    static final int PART_HEADER_LENGTH = MessageHeaderEncoder.ENCODED_LENGTH + FramesPartEncoder.BLOCK_LENGTH;

    /** Message header and block of every other message between nodes. */
    static final int CONTROL_LENGTH = FRAMES_HEADER_LENGTH;

    /** Shortest transport message that makes sense: a heartbeat, and parts that are mostly payload. */
    static final int MIN_MESSAGE_LENGTH = 1024;

    /** Words of a lane that are taken in one duty cycle, so that no lane keeps the others waiting. */
    static final int OUTBOX_MESSAGES_PER_CYCLE = 64;

    /** Messages of one feed in one duty cycle: a feed that is far behind leaves the others their turn. */
    static final int FEED_MESSAGES_PER_CYCLE = 8;

    /** Messages of one stream that the receiver takes in one duty cycle. */
    static final int RECEIVE_MESSAGES_PER_CYCLE = 64;

    /** Kept free of frames in a lane's peers ring, so that what is said about them still finds room. */
    static final int PEERS_RING_RESERVE_LENGTH = 16 * 1024;

    /** A part of the ring's length: bytes so close to being overwritten are no longer read from there. */
    static final int FALL_OFF_PARTS = 16;

    /** A part of the ring's length: a feed that was caught up has at least so much more before it falls off again. */
    static final int REJOIN_PARTS = 4;

    /** Node ids and lane ids fit into 16 bits of a message. */
    static final int MAX_ID = 0xFFFF;

    /** As a message's receiver: all followers at once. Above all ids of nodes in a cell of several. */
    static final int ALL_FOLLOWERS = MAX_ID;

    /** Streams on which parts of frames of one lane may come at the same time: live, catch-up, and to all at once. */
    static final int FRAME_ASSEMBLIES = 3;

    private ReplicatorLimits() {}
}
