package io.epona.systemtests.cell;

import java.util.List;

/** The nodes that clients may find. */
interface Brokers {
    /** Nodes that run now, as far as anybody outside can tell: paused and cut-off ones are among them. */
    List<Broker> running();

    /** The node's present life, or null while it is down. */
    Broker broker(int nodeId);
}
