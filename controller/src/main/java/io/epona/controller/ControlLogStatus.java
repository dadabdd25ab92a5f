package io.epona.controller;

import java.util.List;

/**
 * Who leads the control log, as a node knows it.
 *
 * @param leaderId node id of the log's leader, -1 while there is none or it is not known.
 * @param leaderEpoch grows with each change of the log's leader (in Raft's words, the term).
 * @param committedPosition bytes of the log that this node knows to be in it for good.
 * @param memberIds nodes that have a vote.
 */
public record ControlLogStatus(int leaderId, int leaderEpoch, long committedPosition, List<Integer> memberIds) {
    /** Copies the list. */
    public ControlLogStatus {
        memberIds = List.copyOf(memberIds);
    }
}
