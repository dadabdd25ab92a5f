package io.epona.systemtests.cell;

import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;

/** One life of a node, as clients see it. */
interface Broker {
    /** How a produce request ends. */
    enum Result {
        /** As many replicas as the request asked for have it. */
        OK,
        /** Ask for the leader and send again. */
        NOT_LEADER,
        /** Send again later. */
        NOT_ENOUGH_REPLICAS,
        /** It may be there; send again later. */
        NOT_ENOUGH_REPLICAS_AFTER_APPEND,
        /** A batch before it is missing. */
        OUT_OF_ORDER,
        /** No room now. */
        BUSY,
        /** Any other refusal. */
        REFUSED
    }

    /** Hears how a produce request ended. */
    @FunctionalInterface
    interface ProduceAnswer {
        void on(Result result, long baseOffset);
    }

    /** Gets record batches in order of their offsets, or null from a node that does not lead. */
    @FunctionalInterface
    interface FetchAnswer {
        void on(List<UnsafeBuffer> batches);
    }

    int nodeId();

    Life life();

    /** Who leads, by this node's metadata; -1 when nobody does. */
    int leaderHint();

    void produce(Batch batch, boolean waitsForAll, ProduceAnswer answer);

    void fetch(int partition, long offset, FetchAnswer answer);
}
