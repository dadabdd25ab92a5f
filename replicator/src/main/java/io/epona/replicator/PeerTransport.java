package io.epona.replicator;

import org.agrona.DirectBuffer;

/**
 * Carries messages between the nodes of a cell: from each node to each other one a control stream, and for each lane a
 * live and a catch-up stream; where the network has multicast, for each lane also one from its leader to all followers
 * that listen, where a message that one of them cannot take in time is lost to that one. A stream keeps the order of
 * its messages; between streams there is none. Messages may be lost when a receiver is away, never torn. A slow
 * receiver on one stream holds back no other stream.
 *
 * <p>Nothing here blocks or allocates in steady state. One thread offers control and live messages, one offers catch-up
 * messages, one polls; they may be the same. Connections come and go by themselves as nodes do.
 */
public interface PeerTransport extends AutoCloseable {
    /** There are no streams to all followers. */
    int NO_MULTICAST = 0;

    /** Takes messages from {@link #poll}. */
    @FunctionalInterface
    interface MessageHandler {
        /**
         * One whole message, from anybody: nothing in it has been checked.
         *
         * @param buffer with the message; valid during the call.
         * @param offset of its first byte.
         * @param length in bytes.
         * @return false when there is no room for it now: it comes again with a later poll, and until then nothing else
         *     of its stream and sender does.
         */
        boolean onMessage(DirectBuffer buffer, int offset, int length);
    }

    /**
     * Offers a short message; the sending thread only.
     *
     * @param toNode id of the receiver.
     * @param buffer with the message.
     * @param offset of its first byte.
     * @param length in bytes.
     * @return what to do now.
     */
    Offer offerControl(int toNode, DirectBuffer buffer, int offset, int length);

    /**
     * Offers a message of two parts on a lane's live stream; the sending thread only.
     *
     * @param toNode id of the receiver.
     * @param laneId of the lane.
     * @param header first part, from offset 0.
     * @param headerLength of the first part, bytes.
     * @param frames with the second part.
     * @param framesOffset of the second part's first byte.
     * @param framesLength of the second part, bytes; may be 0.
     * @return what to do now.
     */
    Offer offerLive(
            int toNode,
            int laneId,
            DirectBuffer header,
            int headerLength,
            DirectBuffer frames,
            int framesOffset,
            int framesLength);

    /** As {@link #offerLive}, on the lane's catch-up stream; the catch-up thread only. */
    Offer offerCatchUp(
            int toNode,
            int laneId,
            DirectBuffer header,
            int headerLength,
            DirectBuffer frames,
            int framesOffset,
            int framesLength);

    /**
     * What marks messages to all followers, so that those of other cells are told apart: 1 to 65,535, or
     * {@link #NO_MULTICAST}; any thread, always the same.
     */
    int multicastKey();

    /** As {@link #offerLive}, to all followers that listen, when there is multicast; the sending thread only. */
    Offer offerMulticast(
            int laneId, DirectBuffer header, int headerLength, DirectBuffer frames, int framesOffset, int framesLength);

    /** This node leads the lane no more: it listens to the lane's stream again; the sending thread only. */
    void releaseMulticast(int laneId);

    /**
     * Nothing is sent on this live stream for now: it may be closed, so that an idle node is disturbed by as few
     * heartbeats as there are streams in use; the sending thread only. The next offer opens it again.
     */
    void releaseLive(int toNode, int laneId);

    /** Gives back the memory of catch-up streams that were not used for a while; the catch-up thread only. */
    void releaseUnused();

    /** Sees to it that what the sending thread offered in this duty cycle leaves soon; the sending thread only. */
    void flush();

    /**
     * Hands received messages on, control streams first; the receiving thread only.
     *
     * @param handler of the messages.
     * @param messageLimit most messages of one stream in this call.
     * @return number of messages that were taken.
     */
    int poll(MessageHandler handler, int messageLimit);

    /** Longest message, both parts together, bytes. */
    int maxMessageLength();

    /** True when a node listens to our control stream, as far as is known; any thread. */
    boolean isConnected(int toNode);

    /** Ends all streams; when no thread uses them any more. */
    @Override
    void close();
}
