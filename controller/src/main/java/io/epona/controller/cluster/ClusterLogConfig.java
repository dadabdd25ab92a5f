package io.epona.controller.cluster;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A member of a cell's control log.
 *
 * @param nodeId this node's id, one of the members'.
 * @param members all nodes of the cell that have a vote, the same list on all of them.
 * @param directory where this node keeps the log, its snapshots and its vote; of this node alone, and locked by it.
 * @param aeronDirectoryName directory of the media driver that the node has launched.
 * @param timing how patient the members are.
 * @param sizes how much room the log takes.
 */
public record ClusterLogConfig(
        int nodeId,
        List<CellMember> members,
        Path directory,
        String aeronDirectoryName,
        ClusterLogTiming timing,
        ClusterLogSizes sizes) {
    /** Checks that the members make a cell that this node belongs to. */
    public ClusterLogConfig {
        members = List.copyOf(members);
        Set<Integer> ids = new HashSet<>();
        for (CellMember member : members) {
            if (!ids.add(member.nodeId())) {
                throw new IllegalArgumentException("two members of the cell have one id: nodeId=" + member.nodeId());
            }
        }
        if (!ids.contains(nodeId)) {
            throw new IllegalArgumentException(
                    "this node is none of the cell's members: nodeId=" + nodeId + ", members=" + members);
        }
    }

    /** This node. */
    CellMember self() {
        return members.stream()
                .filter(member -> member.nodeId() == nodeId)
                .findFirst()
                .orElseThrow();
    }

    /** The other members. */
    List<CellMember> peers() {
        return members.stream().filter(member -> member.nodeId() != nodeId).toList();
    }
}
