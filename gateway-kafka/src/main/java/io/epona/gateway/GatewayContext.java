package io.epona.gateway;

import io.epona.controller.ClusterController;
import io.epona.coordinator.TransactionCoordinators;
import io.epona.gateway.fetch.FetchConfig;
import io.epona.gateway.log.InitialTransactions;
import io.epona.gateway.log.LaneView;
import io.epona.gateway.net.NetConfig;
import io.epona.partitionlog.PartitionLogs;
import io.epona.runtime.NodeClock;
import io.epona.runtime.budget.BreachLog;
import io.epona.runtime.budget.StageRecorder;
import io.epona.sequencer.LaneProxy;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.IntToLongFunction;
import org.agrona.concurrent.ringbuffer.RingBuffer;

/**
 * Everything that a gateway thread works with.
 *
 * @param gatewayId its number, 0 for the one that listens.
 * @param thread its loop, timers and idle strategy.
 * @param net how it meets clients.
 * @param fetch limits of fetches.
 * @param clock of the node.
 * @param controller the cluster's metadata.
 * @param lanes the lanes as readers see them, by lane id; their committed positions are where the index starts.
 * @param proxies this gateway's own proxies of the lanes, by lane id.
 * @param maxBatchLength longest record batch that the lanes take, bytes.
 * @param replies this gateway's own reply ring, many to one, into which all lanes write.
 * @param partitionLogs where records are that are no longer in memory.
 * @param coldReads runs what may wait for the device; may refuse when it has too much to do.
 * @param initialHighWatermark partition index to the offset after the last record at the lanes' committed positions; 0
 *     for what it does not know.
 * @param initialTransactions those that frames in memory begin in the middle of.
 * @param stages records PRODUCE, ACKNOWLEDGE and DELIVER; this gateway is its only writer.
 * @param breaches this gateway is its only writer.
 * @param adminHandlers this gateway's own handlers of further APIs.
 * @param transactions the node's transaction coordinator; null when it has none.
 */
public record GatewayContext(
        int gatewayId,
        GatewayThread thread,
        NetConfig net,
        FetchConfig fetch,
        NodeClock clock,
        ClusterController controller,
        List<LaneView> lanes,
        List<LaneProxy> proxies,
        int maxBatchLength,
        RingBuffer replies,
        PartitionLogs partitionLogs,
        Executor coldReads,
        IntToLongFunction initialHighWatermark,
        InitialTransactions initialTransactions,
        StageRecorder stages,
        BreachLog breaches,
        List<RequestHandler> adminHandlers,
        TransactionCoordinators transactions) {
    /** Copies the lists. */
    public GatewayContext {
        lanes = List.copyOf(lanes);
        proxies = List.copyOf(proxies);
        adminHandlers = List.copyOf(adminHandlers);
    }
}
