package io.epona.node;

import io.epona.controller.BrokerInfo;
import io.epona.controller.ClusterImage;
import io.epona.controller.Endpoint;
import io.epona.node.cell.CellView;
import io.epona.node.cell.CellView.FollowerLine;
import io.epona.node.cell.CellView.LaneLine;
import io.epona.node.cell.CellView.LogLine;
import io.epona.node.cell.CellView.NodeLine;
import io.epona.runtime.LaneCounters;
import io.epona.runtime.LaneRole;
import io.epona.runtime.ReplicaCounters;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** What this node tells of its cell. Any thread. */
final class CellReporter {
    private final Surroundings node;
    private final List<RunningLane> lanes;

    CellReporter(final Surroundings node, final List<RunningLane> lanes) {
        this.node = node;
        this.lanes = List.copyOf(lanes);
    }

    /** As of now. */
    CellView view() {
        final ClusterImage image = node.controller().image();
        final List<LogLine> logs = new ArrayList<>();
        final List<FollowerLine> followers = new ArrayList<>();
        for (int laneId = 0; laneId < lanes.size(); laneId++) {
            final RunningLane lane = lanes.get(laneId);
            final LaneCounters counters = lane.store().counters();
            logs.add(new LogLine(
                    laneId,
                    counters.appended().getAcquire(),
                    counters.durable().getAcquire(),
                    counters.committed().getAcquire()));
            if (lane.role().leadingEpoch().getAcquire() != LaneRole.NOT_LEADING) {
                for (int i = 0; i < lane.replicas().size(); i++) {
                    final ReplicaCounters replica = lane.replicas().get(i);
                    followers.add(new FollowerLine(
                            laneId,
                            replica.nodeId(),
                            replica.received().getAcquire(),
                            replica.acked().getAcquire(),
                            lane.lagMs().get(i).getAcquire()));
                }
            }
        }
        return new CellView(
                image.clusterId(),
                node.membership().nodeId(),
                node.controller().controlLogStatus().leaderId(),
                image.brokers().stream()
                        .sorted(Comparator.comparingInt(BrokerInfo::id))
                        .map(CellReporter::nodeLine)
                        .toList(),
                image.lanes().stream()
                        .map(lane -> new LaneLine(
                                lane.laneId(),
                                lane.leader(),
                                lane.leaderEpoch(),
                                lane.version(),
                                lane.isr(),
                                lane.replicas()))
                        .toList(),
                logs,
                followers);
    }

    private static NodeLine nodeLine(final BrokerInfo broker) {
        final Endpoint endpoint = broker.endpoint(GatewayThreads.LISTENER_NAME);
        return new NodeLine(
                broker.id(),
                endpoint == null ? "?" : endpoint.host() + ':' + endpoint.port(),
                broker.fenced() ? "fenced" : broker.inControlledShutdown() ? "stopping" : "online");
    }
}
