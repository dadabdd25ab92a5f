package io.epona.controller;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * Lanes and nodes of a cell. Immutable.
 *
 * @param lanes by lane id; empty until the cell has begun.
 * @param nodes those that ever registered, by node id.
 */
record CellState(List<LaneInfo> lanes, Map<Integer, NodeState> nodes) {
    static final CellState EMPTY = new CellState(List.of(), Map.of());

    CellState {
        lanes = List.copyOf(lanes);
        nodes = Collections.unmodifiableMap(new TreeMap<>(nodes));
    }

    /** Lanes of one node, which leads them from the beginning and for ever. */
    static CellState ofOneNode(int nodeId, int laneCount, int leaderEpoch) {
        List<Integer> self = List.of(nodeId);
        return new CellState(
                IntStream.range(0, laneCount)
                        .mapToObj(laneId -> new LaneInfo(laneId, nodeId, leaderEpoch, 0, self, self))
                        .toList(),
                Map.of());
    }
}
