package io.epona.node;

import io.epona.controller.ClusterController;
import io.epona.node.cell.CellNetwork;
import io.epona.node.cell.Membership;
import io.epona.partitionlog.PartitionLogs;
import io.epona.runtime.FatalHandler;
import io.epona.runtime.NodeCounters;
import io.epona.runtime.SystemNodeClock;
import io.epona.runtime.budget.BudgetRecorders;
import io.epona.runtime.config.EponaConfig;

/**
 * What every part of a node is assembled with.
 *
 * @param config effective configuration
 * @param membership this node's place in its cell
 * @param network to the other nodes; null in a cell of one
 * @param directories where things are kept
 * @param clock of the node
 * @param counters of the node
 * @param budget stage recorders and breach logs
 * @param controller the cluster's metadata
 * @param logs partition logs
 * @param fatal ends the node
 */
record Surroundings(
        EponaConfig config,
        Membership membership,
        CellNetwork network,
        NodeDirectories directories,
        SystemNodeClock clock,
        NodeCounters counters,
        BudgetRecorders budget,
        ClusterController controller,
        PartitionLogs logs,
        FatalHandler fatal) {}
