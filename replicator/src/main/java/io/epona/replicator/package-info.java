/**
 * Frames, acknowledgements and catch-up between the nodes of a cell.
 *
 * <p>The replicator does not know lanes as objects. It takes a lane's words from its {@code outbox} ring, reads frames
 * from its log ring and journal, looks at its position counters, and puts what other nodes say into the lane's
 * {@code peers} ring. Deciding code is without I/O, over the seam {@link io.epona.replicator.PeerTransport}.
 *
 * <p>Nothing here is trusted to arrive: any message may be lost, repeated, or overtaken by one of another stream. A
 * follower takes frames at the end of its log only, and asks again when none come.
 */
package io.epona.replicator;
